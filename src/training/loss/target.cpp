#include "training/loss/target.h"

#include <torch/torch.h>

namespace anatomynet::training {

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

MissingReading read_missing(MissingAnnotation rule, const Tensor& annotated, const Tensor& known) {
  const Tensor all = torch::ones({1, annotated.numel()}, annotated.options().dtype(torch::kBool));
  if (rule == MissingAnnotation::unmasked) return {torch::ones_like(annotated), all};
  const Tensor missing = annotated.slice(0, 1) <= 0;
  MissingReading reading{annotated.clone(), known.defined() ? known.to(annotated.device()).clone() : all};
  reading.kept.slice(1, 0, 1).fill_(true);
  if (rule == MissingAnnotation::marginal) reading.kept.slice(1, 1).logical_and_(missing.logical_not());
  const bool whole = !missing.any().item<bool>() && reading.kept.all().item<bool>();
  reading.annotated[0] = whole || rule == MissingAnnotation::marginal ? 1 : 0;
  return reading;
}

Tensor kept_at_voxels(const Tensor& kept, const Tensor& zones) {
  if (!zones.defined()) return kept[0].view({-1, 1, 1, 1});
  return kept.index({zones.to(torch::kLong)}).permute({3, 0, 1, 2});
}

Tensor apply_missing(MissingAnnotation rule, const Tensor& p, Target& target, const Tensor& known,
                     const Tensor& zones) {
  const MissingReading reading = read_missing(rule, target.annotated, known);
  target.annotated = reading.annotated;
  if (reading.kept.all().item<bool>()) return p;
  const Tensor kept = kept_at_voxels(reading.kept, zones);
  const Tensor organs = p * kept.to(p.scalar_type());
  const Tensor background = 1 - organs.slice(0, 1).sum(0, true);
  // A voxel labelled with an organ that counts as unannotated (cut off, say) reads as background, like its
  // probability.
  const Tensor labels = target.labels.to(torch::kLong).unsqueeze(0);
  target.labels = (labels * kept.expand_as(p).to(torch::kLong).gather(0, labels)).squeeze(0);
  return torch::cat({background, organs.slice(0, 1)});
}

}  // namespace anatomynet::training
