// Gives weights a curve of HU for each organ that gains by it, from the training cases of a data set
// (docs/accuracy.md); with --second their second networks (docs/refinement.md).
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include "cases.h"
#include "core/error.h"
#include "core/messages.h"
#include "core/resample.h"
#include "inference/make_engine.h"
#include "inference/segmenter.h"
#include "inference/watched_engine.h"
#include "model/hu_curve_fit.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::hu_curves {
namespace {

// The organ's name without its side: both sides share a curve.
std::string without_side(const std::string& organ) {
  return organ.ends_with("_L") || organ.ends_with("_R") ? organ.substr(0, organ.size() - 2) : organ;
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
    const HuScores hu(c.ct, turn, std::vector<HuCurve>(model_.info.organs.size() + 1));
    const model::LogitRows rows(logits, from, truth.grid, std::ssize(model_.info.organs) + 1);
    std::vector<model::SampledOrgan> sampled;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < model_.info.organs.size(); ++i) {
      const Organ& organ = model_.info.organs[i];
      if (!organs_.empty() && !holds(organs_, organ.name)) continue;
      if (std::find(c.annotated.begin(), c.annotated.end(), organ.id) == c.annotated.end()) continue;
      const bool partial =
          std::find(c.partial_extent.begin(), c.partial_extent.end(), organ.id) != c.partial_extent.end();
      sampled.push_back({static_cast<std::int64_t>(i) + 1, organ.id, partial});
      names.push_back(without_side(organ.name));
    }
    std::vector<model::DoubtfulVoxels> found = model::sample_doubtful(rows, hu, truth, sampled);
    for (std::size_t i = 0; i < found.size(); ++i) {
      found[i].scan = scan_and_hand(c.id).first;
      if (found[i].voxels > 10) contours[names[i]].push_back(std::move(found[i]));
    }
  }

  std::map<std::string, std::vector<model::DoubtfulVoxels>> contours;  // by organ without its side

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
    const model::HuCurveFit found = model::cross_validated_hu_curve(contours);
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
  app.add_flag("--second", o.second, "Curves for the second networks instead of the first one");
  app.add_option("--source", o.source, "Whose contours these are, for the weights file")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    o.second ? hu_curves::fit_second_networks(o) : hu_curves::run(o);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
