#pragma once
#include <functional>

#include "inference/engine.h"
#include "model/model_file.h"
#include "pipeline/contour_case.h"

namespace anatomynet::test {

/// An engine whose first organ is what is denser than `bone` of the model's HU window, so that what it must
/// draw is known voxel by voxel. Calls `during` in every run.
class ThresholdEngine : public inference::Engine {
 public:
  ThresholdEngine(std::int64_t channels, float bone, std::function<void(const Size3&)> during = {})
      : channels_(channels), bone_(bone), during_(std::move(during)) {}
  std::string name() const override { return "threshold"; }
  inference::Arithmetic arithmetic() const override { return inference::Arithmetic::fp32; }
  std::int64_t channels() const override { return channels_; }
  std::int64_t memory_needed(const Size3& size) const override { return size[0] * size[1] * size[2] * 4; }
  void run(std::span<const float> image, const Size3& size, const inference::LogitsSink& sink) override {
    if (during_) during_(size);
    std::vector<float> logits(image.size() * static_cast<std::size_t>(channels_), -20);
    for (std::size_t i = 0; i < image.size(); ++i) {
      logits[i] = 0;
      logits[image.size() + i] = image[i] > bone_ ? 10 : -10;
    }
    sink(logits, 0, size[2]);
  }

 private:
  const std::int64_t channels_;
  const float bone_;
  const std::function<void(const Size3&)> during_;
};

/// A weights file with the organs of the phantom's, that takes a CT as it is.
inline std::filesystem::path threshold_weights(const std::filesystem::path& folder) {
  const model::Model phantom =
      model::read_model(ANATOMYNET_SOURCE_DIR "/models/anatomynet-phantom.safetensors");
  model::ModelInfo info = phantom.info;
  info.spacing.reset();
  info.hu_low = -1000;
  info.hu_high = 1000;
  info.engines.clear();
  std::vector<model::NamedTensor> weights{phantom.weights.tensors.front()};
  model::write_model(folder / "threshold.safetensors", info, weights);
  return folder / "threshold.safetensors";
}

inline pipeline::EngineMaker threshold_engine(std::function<void(const Size3&)> during = {}) {
  return [during](const model::Model& model, const inference::EngineOptions&) {
    const auto bone =
        static_cast<float>((500 - model.info.hu_low) / (model.info.hu_high - model.info.hu_low));
    return std::make_unique<ThresholdEngine>(std::ssize(model.info.organs) + 1, bone, during);
  };
}

}  // namespace anatomynet::test
