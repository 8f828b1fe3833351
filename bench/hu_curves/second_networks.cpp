#include <cstdio>
#include <iostream>

#include "cases.h"
#include "core/messages.h"
#include "core/resample.h"
#include "inference/make_engine.h"
#include "inference/segmenter.h"
#include "model/hu_curve_fit.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::hu_curves {
namespace {

void fit(model::Refinement& refinement, const std::vector<model::DoubtfulVoxels>& contours,
         const std::string& source) {
  const model::HuCurveFit found = model::cross_validated_hu_curve(contours);
  const bool kept = found.after >= found.before + least_gain;
  std::printf("%-32s %5zu  %.3f  %.3f%s\n", organs_of(refinement).c_str(), found.scans, found.before,
              found.after, kept ? "" : "  left out");
  if (!kept) return;
  for (model::Refinement::Seen& seen : refinement.organs) seen.curve = found.curve;
  refinement.source += "; HU curve: " + source + ", " + std::to_string(found.scans) + " scans";
}

}  // namespace

void fit_second_networks(const Options& o) {
  model::Model model = model::read_model(o.weights);
  std::vector<model::Refinement>& refinements = model.info.refinements;
  for (model::Refinement& r : refinements)
    for (model::Refinement::Seen& seen : r.organs) seen.curve = {};
  const inference::EngineOptions exact{"auto", 0, "fp32"};
  const auto refiner = inference::make_refiner(model.info, exact, inference::make_engine);
  std::shared_ptr<inference::Engine> engine = inference::make_engine(model, exact);
  std::vector<std::vector<model::DoubtfulVoxels>> contours(refinements.size());
  Messages messages;
  const curation::DatasetFolder set = curation::read_dataset_folder(o.data);
  for (const curation::DatasetCase& described : set.training) {
    const auto [scan, hand] = scan_and_hand(described.id);
    if (!holds(o.hands, hand)) continue;
    const dataset::LabelledCase c = pipeline::read_case(described, set, messages);
    const Orientation turn = nearest_orientation(c.ct.grid);
    const CtVolume ct = reorient(c.ct, turn);
    const LabelVolume truth = reorient(c.labels, turn);
    const LabelVolume labels = reorient(inference::Segmenter(model.info, engine).run(c.ct).labels, turn);
    const HuScores hu(ct, {}, {HuCurve{}});
    for (const inference::OrganMargins& seen : refiner->look(ct, nullptr, labels)) {
      if (!holds(c.annotated, seen.id)) continue;
      const bool partial = holds(c.partial_extent, seen.id);
      for (std::size_t i = 0; i < refinements.size(); ++i)
        for (const model::Refinement::Seen& organ : refinements[i].organs)
          if (find_organ(model.info.organs, organ.organ)->id == seen.id) {
            contours[i].push_back(model::sample_doubtful(seen.margins, seen.box, hu, labels, truth,
                                                         {seen.id, seen.id, partial}));
            contours[i].back().scan = scan;
          }
    }
    std::cerr << described.id << '\n';
  }
  std::puts("organs                           scans  Dice  with a curve of the other scans");
  for (std::size_t i = 0; i < contours.size(); ++i)
    if (!contours[i].empty()) fit(refinements[i], contours[i], o.source);
  model::write_model(o.output, model.info, model.weights.tensors);
}

}  // namespace anatomynet::hu_curves
