#include "inference/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "core/error.h"
#include "inference/dnnl_engine.h"
#include "inference/engine_notes.h"
#include "inference/segmenter.h"
#include "inference/watched_engine.h"

namespace anatomynet {
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

  // The step of 127 to each side with the least square error: what is larger is clipped, what is smaller is
  // rounded.
  double best_step() const {
    std::vector<std::pair<double, double>> bins;  // value, count
    double largest = 0;
    for (std::size_t b = 1; b < counts_.size(); ++b) {
      if (counts_[b] == 0) continue;
      const auto bits = static_cast<std::uint32_t>(b) << 16 | 0x8000;
      float value = 0;
      std::memcpy(&value, &bits, 4);
      bins.emplace_back(value, double(counts_[b]));
      largest = value;
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
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(1 << 15);
};

std::vector<float> logits_of(const ModelInfo& info, const std::shared_ptr<Engine>& engine,
                             const CtVolume& ct) {
  std::vector<float> all;  // slab behind slab: the same order for every engine of the same slabs
  const auto keep = [&](std::span<const float> slab, std::int64_t, std::int64_t) {
    all.insert(all.end(), slab.begin(), slab.end());
  };
  Segmenter(info, std::make_shared<WatchedEngine>(engine, keep)).run(ct);
  return all;
}

double change(const std::vector<float>& a, const std::vector<float>& b) {
  double square = 0, sum = 0, sum_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = double(a[i]) - double(b[i]), v = double(b[i]);
    square += d * d;
    sum += v;
    sum_square += v * v;
  }
  const auto n = double(a.size());
  const double variance = sum_square / n - sum / n * (sum / n);
  return variance > 0 ? std::sqrt(square / n / variance) : 0;
}

}  // namespace

std::size_t QuantiseReport::int8_blocks() const {
  return static_cast<std::size_t>(
      std::count_if(blocks.begin(), blocks.end(), [](const auto& b) { return b.kept; }));
}

QuantiseReport quantise(Model& model, const std::vector<CtVolume>& cts, const QuantiseOptions& options) {
  if (cts.empty()) throw Error(ErrorKind::input, "calibration needs at least one CT");
  if (!cpu_has(Arithmetic::int8))
    throw Error(ErrorKind::usage,
                "calibration tries int8, whose instructions this CPU lacks; it has " + cpu_text());
  std::map<std::string, Magnitudes> inputs, middles;
  const auto reference = std::make_shared<DnnlEngine>(model, Arithmetic::fp32, options.threads);
  reference->watch([&](const std::string& block, bool middle, const float* values, std::int64_t count) {
    (middle ? middles : inputs)[block].add(values, count);
  });
  std::vector<float> expected;
  for (const CtVolume& ct : cts) {
    const auto logits = logits_of(model.info, reference, ct);
    if (expected.empty()) expected = logits;
  }
  const EngineNotes before = read_notes(model);
  EngineNotes notes;
  notes.agreement = before.agreement;
  notes.agreement.erase(name_of(Arithmetic::int8));  // it was of another calibration
  const auto change_with = [&](const std::map<std::string, Int8Block>& blocks) {
    notes.int8 = blocks;
    model.info.engines = notes_text(notes, model);
    const auto engine = std::make_shared<DnnlEngine>(model, Arithmetic::int8, options.threads);
    return change(logits_of(model.info, engine, cts.front()), expected);
  };
  QuantiseReport report;
  std::map<std::string, Int8Block> kept;
  for (const auto& [name, input] : inputs) {
    const Int8Block block{input.best_step(), middles.at(name).best_step()};
    QuantisedBlock b{name, change_with({{name, block}})};
    b.kept = b.change <= options.tolerance;
    if (b.kept) kept[name] = block;
    report.blocks.push_back(b);
  }
  if (kept.empty())
    throw Error(ErrorKind::model, "model " + model.info.name +
                                      ": no block keeps its accuracy in int8; raise --tolerance or use bf16");
  report.change = change_with(kept);
  return report;
}

}  // namespace anatomynet
