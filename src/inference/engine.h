#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/confidence.h"
#include "core/grid.h"
#include "core/hu_scores.h"
#include "core/uneven_slices.h"
#include "core/volume.h"
#include "model/model_file.h"

namespace anatomynet::inference {

/// How the convolutions' inputs are stored, and on AMX and GPUs their weights. Sums are fp32 (int8: 32-bit
/// integers), pooled means and logits fp32 in each.
enum class Arithmetic { fp32, bf16, int8 };

/// "fp32", "bf16", "int8".
const char* name_of(Arithmetic arithmetic);

/// Takes logits as an engine makes them: channels x `slices` x y x x (x fastest) floats, channel 0
/// background, for the slices from `z` on. Slabs come in order, without gap or overlap; they are gone when
/// the call returns.
using LogitsSink = std::function<void(std::span<const float> slab, std::int64_t z, std::int64_t slices)>;

/// Called with the share of a run that is done, 0 to 1.
using StepWatcher = std::function<void(double share)>;

/// Runs one model's network on whole volumes. Engines know no geometry, HU or files. Threads: what changes
/// the engine is not const, and is for one thread at a time; const functions may be called meanwhile.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  virtual Arithmetic arithmetic() const = 0;
  virtual std::int64_t channels() const = 0;
  /// `image`: z x y x x values scaled to [0, 1]; any size (padded inside with air, cut off again). Same
  /// input, same engine and arithmetic: same logits bit for bit, whatever the number of threads.
  virtual void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) = 0;
  /// Labels on `target`, a grid with the axes of `grid`, where the image lies: of channel c `ids[c]`, as
  /// StreamedArgmax finds them. `network_seconds`, where given, is the part of the time that the network
  /// took; `confidence` how sure the winners were (empty from engines that label on a GPU). `uneven`: where
  /// the target's samples lie along one of its axes; `hu`: what the CT's own HU adds to the scores.
  virtual LabelVolume label(std::span<const float> image, const Grid& grid,
                            const std::vector<std::uint8_t>& ids, const Grid& target,
                            double* network_seconds = nullptr, Confidence* confidence = nullptr,
                            const AxisPositions* uneven = nullptr, const HuScores* hu = nullptr);
  /// Bytes of the host's memory that `run` needs beyond the image at its peak: an estimate to refuse work
  /// that cannot fit. What a GPU needs of its own is no part of it.
  virtual std::int64_t memory_needed(const Size3& size) const = 0;
  /// The instruction set that its kernels use ("avx512"); empty where it is not known.
  virtual std::string instructions() const { return ""; }
  /// Under which name a weights file records how its labels agree with those of fp32 (EngineNotes).
  virtual std::string proof() const { return name_of(arithmetic()); }
  /// Frees the memory that it keeps between runs; the next run allocates it again.
  virtual void release() {}
  /// Whether `label` leaves that memory for the next volume (as it does unless told otherwise) or frees it
  /// as soon as the network is through, before the label map is made.
  void keep_memory(bool keep) { keeps_memory_ = keep; }
  /// Calls `watcher` between the network's layers, in the thread that runs, where the engine can. What it
  /// throws ends the run and reaches the caller; the engine stays usable. An empty function stops the calls.
  void watch_steps(StepWatcher watcher) { steps_ = std::move(watcher); }

 protected:
  StepWatcher steps_;
  bool keeps_memory_ = true;
};

/// All logits of a volume in one array, channels x z x y x x: for tests and comparisons, since it takes as
/// much memory as they are.
std::vector<float> all_logits(Engine& engine, std::span<const float> image, const Size3& size);

/// Throws Error(input) for a size that is not positive along each axis, or overflows.
void check_size(const Size3& size);
/// The same, and Error(internal) where it does not fit `image`.
void check_size(std::span<const float> image, const Size3& size);

struct EngineOptions {
  std::string engine = "auto";     ///< "auto", "onednn" or "torch"
  int threads = 0;                 ///< 0: all cores
  std::string precision = "auto";  ///< "auto", "fp32", "bf16" or "int8"
  std::string memory = "auto";     ///< oneDNN: "whole", "slabs", or "auto": slabs where whole does not fit
  bool keep_memory = true;         ///< for the next volume (Engine::keep_memory)
  /// Bytes that the network may take, where that is less than the machine has; 0: no limit of its own.
  /// oneDNN: what `auto` of `memory` holds to.
  std::int64_t memory_limit = 0;
};

/// `auto` is torch where it has a GPU, else oneDNN where it knows the architecture. Precision `auto` is the
/// fastest that this CPU has natively and whose agreement with fp32 the weights file records
/// (model/model_file.h), else fp32. Errors: Error(usage) for an engine that is unknown or not built in
/// (naming the option that builds it), for a precision that the CPU lacks (saying what it has) or the weights
/// file is not calibrated for; Error(model) for weights that do not fit their architecture.
std::unique_ptr<Engine> make_engine(const model::Model& model, const EngineOptions& options);

}  // namespace anatomynet::inference
