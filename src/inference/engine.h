#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/grid.h"
#include "model/model_file.h"

namespace anatomynet {

/// What an engine gives back: logits, channels x z x y x x (x fastest), channel 0 background. `owner` keeps
/// them alive.
struct Logits {
  std::span<const float> values;
  std::shared_ptr<const void> owner;
};

/// Runs one model's network on whole volumes. Engines know no geometry, HU or files.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  virtual std::int64_t channels() const = 0;
  /// `image`: z x y x x values scaled to [0, 1]; any size (padded inside with air, cut off again).
  virtual Logits run(std::span<const float> image, const Size3& size) = 0;
  /// Bytes that `run` needs beyond the image at its peak: an estimate to refuse work that cannot fit.
  virtual std::int64_t memory_needed(const Size3& size) const = 0;
};

struct EngineOptions {
  std::string engine = "auto";  ///< "auto" or "torch"
  int threads = 0;              ///< 0: all cores
};

/// Errors: Error(usage) for an engine that is unknown or not built in (naming the option that builds it),
/// Error(model) for weights that do not fit their architecture.
std::unique_ptr<Engine> make_engine(const Model& model, const EngineOptions& options);

}  // namespace anatomynet
