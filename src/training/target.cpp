#include "training/target.h"

#include <torch/torch.h>

namespace anatomynet {

using torch::Tensor;

std::optional<MissingAnnotation> missing_annotation(const std::string& name) {
  for (const auto rule :
       {MissingAnnotation::masked, MissingAnnotation::marginal, MissingAnnotation::unmasked})
    if (name == name_of(rule)) return rule;
  return {};
}

const char* name_of(MissingAnnotation rule) {
  switch (rule) {
    case MissingAnnotation::masked:
      return "masked";
    case MissingAnnotation::marginal:
      return "marginal";
    case MissingAnnotation::unmasked:
      break;
  }
  return "unmasked";
}

MissingReading read_missing(MissingAnnotation rule, const Tensor& annotated) {
  const Tensor missing = annotated.slice(0, 1) < 0.5;
  if (rule == MissingAnnotation::unmasked)
    return {torch::ones_like(annotated), torch::ones_like(annotated, torch::kBool)};
  const bool any = missing.any().item<bool>();
  MissingReading reading{annotated.clone(), torch::ones_like(annotated, torch::kBool)};
  reading.annotated[0] = any && rule == MissingAnnotation::masked ? 0 : 1;
  if (any && rule == MissingAnnotation::marginal) reading.kept.slice(0, 1).copy_(missing.logical_not());
  return reading;
}

Tensor apply_missing(MissingAnnotation rule, const Tensor& p, Target& target) {
  const MissingReading reading = read_missing(rule, target.annotated);
  target.annotated = reading.annotated;
  if (reading.kept.all().item<bool>()) return p;
  const Tensor organs = p * reading.kept.to(p.scalar_type()).view({-1, 1, 1, 1});
  const Tensor background = 1 - organs.slice(0, 1).sum(0, true);
  // A voxel labelled with an organ that counts as unannotated (cut off, say) reads as background, like its
  // probability.
  const Tensor labels = target.labels.to(torch::kLong);
  target.labels = labels * reading.kept.to(torch::kLong).index({labels});
  return torch::cat({background, organs.slice(0, 1)});
}

}  // namespace anatomynet
