#include "inference/onednn/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "core/error.h"
#include "evaluation/dice.h"
#include "inference/engine_notes.h"
#include "inference/onednn/dnnl_engine.h"
#include "inference/segmenter.h"

namespace anatomynet::inference {
namespace {

// Counts of absolute values, 128 bins an octave: a float's upper bits.
class Magnitudes {
 public:
  void add(const float* values, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, values + i, 4);
      ++counts_[bits >> 16 & 0x7fff];
    }
  }

  // The step of 127 to each side that clips nothing.
  double whole_step() const {
    for (std::size_t b = counts_.size() - 1; b > 0; --b)
      if (counts_[b] > 0) return upper_end(b) / 127;
    return 1;
  }

  // The step of 127 to each side with the least square error: what is larger is clipped, what is smaller is
  // rounded.
  double best_step() const {
    std::vector<std::pair<double, double>> bins;  // value, count
    double largest = 0;
    for (std::size_t b = 1; b < counts_.size(); ++b) {
      if (counts_[b] == 0) continue;
      largest = middle(b);
      bins.emplace_back(largest, double(counts_[b]));
    }
    if (bins.empty()) return 1;
    double best = 0, least = -1;
    for (int part = 5; part <= 100; ++part) {
      const double limit = largest * part / 100, step = limit / 127;
      double error = 0;
      for (const auto& [value, count] : bins)
        error += count * (value > limit ? (value - limit) * (value - limit)
                                        : std::min(value * value, step * step / 12));
      if (least < 0 || error < least) {
        least = error;
        best = step;
      }
    }
    return best;
  }

 private:
  static double value_of(std::size_t bin, std::uint32_t lower) {
    const auto bits = static_cast<std::uint32_t>(bin) << 16 | lower;
    float value = 0;
    std::memcpy(&value, &bits, 4);
    return double(value);
  }
  static double middle(std::size_t bin) { return value_of(bin, 0x8000); }
  static double upper_end(std::size_t bin) { return value_of(bin, 0xffff); }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(1 << 15);
};

std::vector<LabelVolume> labels_of(const model::ModelInfo& info, const std::shared_ptr<Engine>& engine,
                                   const std::vector<CtVolume>& cts) {
  Segmenter segmenter(info, engine);
  std::vector<LabelVolume> labels;
  for (const CtVolume& ct : cts) labels.push_back(segmenter.run(ct).labels);
  return labels;
}

// Of the organ that suffers most, all cases pooled, without organs that are drawn by their shape; nothing
// where none is in the expected labels.
std::optional<double> worst_dice(const model::ModelInfo& info, const std::vector<LabelVolume>& found,
                                 const std::vector<LabelVolume>& expected) {
  struct Count {
    double overlap = 0, both = 0, truth = 0;
  };
  std::map<int, Count> counts;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const evaluation::OrganDice& d : evaluation::dice_of(found[i], expected[i])) {
      Count& c = counts[d.id];
      c.overlap += double(d.overlap);
      c.both += double(d.predicted + d.truth);
      c.truth += double(d.truth);
    }
  std::optional<double> worst;
  for (const Organ& organ : info.organs)
    if (model::is_placed_by_shape(info.shape_priors, organ.name)) counts.erase(organ.id);
  for (const auto& [id, c] : counts)
    if (c.truth > 0) worst = std::min(worst.value_or(1), 2 * c.overlap / c.both);
  return worst;
}

}  // namespace

std::size_t QuantiseReport::int8_blocks() const {
  return static_cast<std::size_t>(
      std::count_if(blocks.begin(), blocks.end(), [](const auto& b) { return b.kept; }));
}

QuantiseReport quantise(model::Model& model, const std::vector<CtVolume>& cts,
                        const QuantiseOptions& options) {
  if (cts.empty()) throw Error(ErrorKind::input, "calibration needs at least one CT");
  if (!cpu_has(Arithmetic::int8))
    throw Error(ErrorKind::usage,
                "calibration tries int8, whose instructions this CPU lacks; it has " + cpu_text());
  std::map<std::string, Magnitudes> inputs, middles;
  const auto reference = std::make_shared<DnnlEngine>(model, Arithmetic::fp32, options.threads);
  reference->watch([&](const std::string& block, bool middle, const float* values, std::int64_t count) {
    (middle ? middles : inputs)[block].add(values, count);
  });
  const std::vector<LabelVolume> expected = labels_of(model.info, reference, cts);
  if (!worst_dice(model.info, expected, expected))
    throw Error(ErrorKind::input, "calibration: the model finds no organ in the CTs; give CTs of its kind");
  EngineNotes notes = read_notes(model);
  notes.agreement.erase(name_of(Arithmetic::int8));  // it was of another calibration
  const auto dice_with = [&](const std::map<std::string, Int8Block>& blocks) {
    notes.int8 = blocks;
    model.info.engines = notes_text(notes, model);
    const auto engine = std::make_shared<DnnlEngine>(model, Arithmetic::int8, options.threads);
    return *worst_dice(model.info, labels_of(model.info, engine, cts), expected);
  };
  QuantiseReport report;
  std::map<std::string, Int8Block> steps, kept;
  for (const auto& [name, input] : inputs) {
    const Magnitudes& middle = middles.at(name);
    QuantisedBlock b{name};
    for (const Int8Block& block : {Int8Block{input.best_step(), middle.best_step()},
                                   Int8Block{input.whole_step(), middle.whole_step()}})
      if (const double dice = dice_with({{name, block}}); dice > b.dice) {
        b.dice = dice;
        steps[name] = block;
      }
    report.blocks.push_back(b);
  }
  std::stable_sort(report.blocks.begin(), report.blocks.end(),
                   [](const auto& x, const auto& y) { return x.dice > y.dice; });
  for (QuantisedBlock& b : report.blocks) {
    if (b.dice < 1 - options.tolerance) break;
    auto more = kept;
    more[b.name] = steps[b.name];
    const double dice = dice_with(more);
    if (dice < 1 - options.tolerance) continue;
    b.kept = true;
    kept = more;
    report.dice = dice;
  }
  if (kept.empty())
    throw Error(ErrorKind::model, "model " + model.info.name +
                                      ": no block keeps its accuracy in int8; raise --tolerance or use bf16");
  notes.int8 = kept;
  model.info.engines = notes_text(notes, model);
  return report;
}

}  // namespace anatomynet::inference
