#pragma once
#include <utility>

#include "inference/engine.h"

namespace anatomynet::inference {

/// An engine that shows its logits to a watcher before it passes them on.
class WatchedEngine : public Engine {
 public:
  WatchedEngine(std::shared_ptr<Engine> engine, LogitsSink watcher)
      : engine_(std::move(engine)), watcher_(std::move(watcher)) {}
  std::string name() const override { return engine_->name(); }
  Arithmetic arithmetic() const override { return engine_->arithmetic(); }
  std::int64_t channels() const override { return engine_->channels(); }
  /// The memory of the engine and of one array of all logits, which watchers keep.
  std::int64_t memory_needed(const Size3& size) const override {
    return engine_->memory_needed(size) + size[0] * size[1] * size[2] * channels() * 4;
  }
  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override {
    engine_->run(image, size, [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
      watcher_(slab, z, slices);
      sink(slab, z, slices);
    });
  }

 private:
  std::shared_ptr<Engine> engine_;
  LogitsSink watcher_;
};

}  // namespace anatomynet::inference
