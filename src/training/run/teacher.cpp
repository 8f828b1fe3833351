#include "training/run/teacher.h"

#include <algorithm>

#include <torch/torch.h>

#include "core/error.h"
#include "network/computation.h"
#include "network/weights.h"
#include "training/loss/distillation.h"

namespace anatomynet::training {
namespace {

std::int64_t class_of(const OrganTable& organs, const std::string& name, const std::string& whose) {
  const auto found =
      std::find_if(organs.begin(), organs.end(), [&](const Organ& organ) { return organ.name == name; });
  if (found == organs.end())
    throw Error(ErrorKind::usage, "training: organ " + name + " is to be kept, but " + whose + " lacks it");
  return found - organs.begin() + 1;
}

void require_same_input(const TrainingSet& set, const model::ModelInfo& info) {
  const dataset::InputOptions& input = set.input;
  if (info.hu_low == input.hu_low && info.hu_high == input.hu_high &&
      (!info.spacing || *info.spacing == input.spacing))
    return;
  throw Error(ErrorKind::usage, "training: model " + info.name +
                                    ", whose organs are to be kept, takes another HU window or spacing; "
                                    "train with its [input]");
}

}  // namespace

Teacher::Teacher(const TrainingSet& set, const Distillation& how, torch::Device device)
    : weight_(how.weight), device_(device) {
  const model::Model model = model::read_model(how.from);
  require_same_input(set, model.info);
  std::vector<std::int64_t> ours, theirs;
  for (const std::string& organ : how.organs) {
    ours.push_back(class_of(set.organs, organ, "the data set"));
    theirs.push_back(class_of(model.info.organs, organ, how.from.string()));
  }
  classes_ = torch::tensor(ours, torch::kLong).to(device);
  teacher_classes_ = torch::tensor(theirs, torch::kLong).to(device);
  network_ = network::make_network(model);
  network_->to(device);
}

torch::Tensor Teacher::loss(const torch::Tensor& image, const torch::Tensor& logits, const Sample& sample,
                            network::Precision precision) {
  torch::Tensor theirs;
  {
    const torch::NoGradGuard no_grad;
    const network::ComputationScope how({.fused_without_gradients = true});
    const network::PrecisionScope scope(precision, device_);
    theirs = network::forward_padded(*network_, image)[0];
  }
  torch::Tensor annotated = sample.annotated > 0;
  annotated[0] = false;
  const torch::Tensor labelled = annotated.index({sample.labels.to(torch::kLong)});
  return weight_ * distillation_loss(logits[0], classes_, {theirs, teacher_classes_},
                                     labelled.logical_not().to(device_));
}

}  // namespace anatomynet::training
