// Gives weights a curve of HU for each organ that gains by it, from the training cases of a data set
// (docs/accuracy.md).
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include "bench/hu_curves/fit.h"
#include "core/argmax.h"
#include "core/error.h"
#include "core/messages.h"
#include "core/resample.h"
#include "inference/make_engine.h"
#include "inference/segmenter.h"
#include "inference/watched_engine.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::hu_curves {
namespace {

constexpr float in_doubt = 6;         // logits of margin
constexpr double least_gain = 0.002;  // of mean Dice on scans that a curve has not seen

struct Options {
  std::string weights, data, output, source;
  std::vector<std::string> hands, organs;
};

// The organ's name without its side: both sides share a curve.
std::string without_side(const std::string& organ) {
  return organ.ends_with("_L") || organ.ends_with("_R") ? organ.substr(0, organ.size() - 2) : organ;
}

// Of SCAN_HAND; where the last part is a number, as in pt_12, the case is the clinic's own.
std::pair<std::string, std::string> scan_and_hand(const std::string& id) {
  const auto at = id.rfind('_');
  if (at == std::string::npos || id.find_first_not_of("0123456789", at + 1) == std::string::npos)
    return {id, "clinic"};
  return {id.substr(0, at), id.substr(at + 1)};
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Logits of every class at the voxels of the turned CT, one row of x at a time.
class LogitRows {
 public:
  LogitRows(const std::vector<float>& logits, const Grid& from, const Grid& to, std::int64_t classes)
      : logits_(logits), from_(from), classes_(classes) {
    for (int k = 0; k < 3; ++k) taps_[k] = linear_taps(from, to, k);
  }
  // classes x x
  void row(std::int64_t y, std::int64_t z, std::vector<float>& out) const {
    const std::int64_t nx = std::ssize(taps_[0]), plane = from_.size[0] * from_.size[1];
    out.resize(static_cast<std::size_t>(classes_ * nx));
    for (std::int64_t c = 0; c < classes_; ++c)
      for (std::int64_t x = 0; x < nx; ++x) {
        const auto at = [&](std::int64_t sx, std::int64_t sy, std::int64_t sz) {
          return logits_[static_cast<std::size_t>(c * plane * from_.size[2] + sz * plane +
                                                  sy * from_.size[0] + sx)];
        };
        const auto along_x = [&](std::int64_t sy, std::int64_t sz) {
          const LinearTap& t = taps_[0][x];
          return at(t.low, sy, sz) + t.weight * (at(t.high, sy, sz) - at(t.low, sy, sz));
        };
        const auto along_y = [&](std::int64_t sz) {
          const LinearTap& t = taps_[1][y];
          return along_x(t.low, sz) + t.weight * (along_x(t.high, sz) - along_x(t.low, sz));
        };
        const LinearTap& t = taps_[2][z];
        out[c * nx + x] = along_y(t.low) + t.weight * (along_y(t.high) - along_y(t.low));
      }
  }

 private:
  const std::vector<float>& logits_;
  const Grid& from_;
  std::int64_t classes_;
  std::array<std::vector<LinearTap>, 3> taps_;
};

// Slices of the turned labels from the organ's first to its last, all of them where its annotation is whole.
std::pair<std::int64_t, std::int64_t> known_slices(const LabelVolume& truth, int organ, bool partial) {
  std::int64_t first = 0, last = truth.grid.size[2];
  const std::int64_t plane = truth.grid.size[0] * truth.grid.size[1];
  const auto holds = [&](std::int64_t z) {
    const auto begin = truth.voxels.begin() + z * plane;
    return std::find(begin, begin + plane, organ) != begin + plane;
  };
  while (partial && first < last && !holds(first)) ++first;
  while (partial && last > first && !holds(last - 1)) --last;
  return {first, last};
}

class Collector {
 public:
  Collector(model::Model model, std::vector<std::string> organs)
      : model_(std::move(model)), organs_(std::move(organs)) {
    model_.info.hu_curves.clear();
    auto engine = inference::make_engine(model_, {"auto", 0, "fp32"});
    engine_ = std::make_shared<inference::WatchedEngine>(
        std::move(engine), [this](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
          slabs_.push_back({z, slices, {slab.begin(), slab.end()}});
        });
  }

  void take(const dataset::LabelledCase& c) {
    slabs_.clear();
    inference::Segmenter segmenter(model_.info, engine_);
    const Grid from = segmenter.run(c.ct).network_grid;
    const std::vector<float> logits = joined(from);
    const Orientation turn = nearest_orientation(c.ct.grid);
    const LabelVolume truth = reorient(c.labels, turn);
    const HuScores hu(c.ct, turn, {});
    const LogitRows rows(logits, from, truth.grid, std::ssize(model_.info.organs) + 1);
    for (std::size_t i = 0; i < model_.info.organs.size(); ++i) {
      const Organ& organ = model_.info.organs[i];
      if (!organs_.empty() && !holds(organs_, organ.name)) continue;
      if (std::find(c.annotated.begin(), c.annotated.end(), organ.id) == c.annotated.end()) continue;
      const bool partial =
          std::find(c.partial_extent.begin(), c.partial_extent.end(), organ.id) != c.partial_extent.end();
      Contour contour = contour_of(rows, hu, truth, static_cast<std::int64_t>(i) + 1, organ.id, partial);
      contour.scan = scan_and_hand(c.id).first;
      if (contour.voxels > 10) contours[without_side(organ.name)].push_back(std::move(contour));
    }
  }

  std::map<std::string, std::vector<Contour>> contours;  // by organ without its side

 private:
  struct Slab {
    std::int64_t z, slices;
    std::vector<float> logits;
  };

  std::vector<float> joined(const Grid& grid) const {
    const std::int64_t plane = grid.size[0] * grid.size[1], classes = std::ssize(model_.info.organs) + 1;
    std::vector<float> all(static_cast<std::size_t>(classes * plane * grid.size[2]));
    for (const Slab& s : slabs_)
      for (std::int64_t c = 0; c < classes; ++c)
        std::copy_n(s.logits.begin() + c * s.slices * plane, s.slices * plane,
                    all.begin() + (c * grid.size[2] + s.z) * plane);
    return all;
  }

  static Contour contour_of(const LogitRows& rows, const HuScores& hu, const LabelVolume& truth,
                            std::int64_t channel, int id, bool partial) {
    Contour out;
    std::vector<float> row;
    const auto [first, last] = known_slices(truth, id, partial);
    const std::int64_t nx = truth.grid.size[0];
    for (std::int64_t z = first; z < last; ++z)
      for (std::int64_t y = 0; y < truth.grid.size[1]; ++y) {
        rows.row(y, z, row);
        for (std::int64_t x = 0; x < nx; ++x) {
          float other = -1e30f;
          for (std::int64_t c = 0; c * nx < std::ssize(row); ++c)
            if (c != channel) other = std::max(other, row[c * nx + x]);
          const float margin = row[channel * nx + x] - other;
          const bool is = truth.at(x, y, z) == id;
          out.voxels += is;
          if (margin >= in_doubt) {
            ++out.sure;
            out.sure_hits += is;
          } else if (margin > -in_doubt) {
            out.margin.push_back(margin);
            out.hu.push_back(static_cast<float>(hu.local_hu({x, y, z})));
            out.truth.push_back(is);
          }
        }
      }
    return out;
  }

  model::Model model_;
  std::vector<std::string> organs_;
  std::shared_ptr<inference::Engine> engine_;
  std::vector<Slab> slabs_;
};

void run(const Options& o) {
  model::Model model = model::read_model(o.weights);
  Collector collector(model, o.organs);
  Messages messages;
  const curation::DatasetFolder set = curation::read_dataset_folder(o.data);
  for (const curation::DatasetCase& c : set.training) {
    if (!holds(o.hands, scan_and_hand(c.id).second)) continue;
    collector.take(pipeline::read_case(c, set, messages));
    std::cerr << c.id << '\n';
  }
  auto& curves = model.info.hu_curves;
  std::puts("organ            scans  Dice  with a curve of the other scans");
  for (const auto& [organ_name, contours] : collector.contours) {
    const std::string name = organ_name;  // clang 14 captures no structured binding
    const Fit found = fit(contours);
    const bool kept = found.after >= found.before + least_gain;
    std::printf("%-16s %5zu  %.3f  %.3f%s\n", name.c_str(), found.scans, found.before, found.after,
                kept ? "" : "  left out");
    std::erase_if(curves, [&](const auto& c) { return without_side(c.organ) == name; });
    if (!kept) continue;
    for (const Organ& organ : model.info.organs)
      if (without_side(organ.name) == name)
        curves.push_back({organ.name, found.curve, o.source + ", " + std::to_string(found.scans) + " scans"});
  }
  model::write_model(o.output, model.info, model.weights.tensors);
}

}  // namespace
}  // namespace anatomynet::hu_curves

int main(int argc, char** argv) {
  using namespace anatomynet;
  hu_curves::Options o;
  CLI::App app("Gives weights a curve of HU for each organ that gains by it on scans that it has not seen");
  app.add_option("weights", o.weights)->required();
  app.add_option("data", o.data,
                 "Data-set folder, its training cases called SCAN_HAND, or SCAN where a clinic drew")
      ->required();
  app.add_option("output", o.output)->required();
  app.add_option("--hands", o.hands, "Hands whose contours count")->delimiter(',')->required();
  app.add_option("--organs", o.organs, "These alone; curves of the others stay")->delimiter(',');
  app.add_option("--source", o.source, "Whose contours these are, for the weights file")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    hu_curves::run(o);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
