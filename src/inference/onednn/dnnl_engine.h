#pragma once
#include <map>
#include <memory>
#include <string>

#include "inference/cpu.h"
#include "inference/engine.h"
#include "inference/onednn/layer_time.h"
#include "inference/onednn/value_watcher.h"

namespace anatomynet::inference {

/// The network on oneDNN's convolutions, from the weights file alone.
class DnnlEngine : public Engine {
 public:
  /// Which kernels bf16 and int8 run through: `fitting` is AMX tiles where max_isa() has them (and for int8
  /// under `generic`), else what docs/performance.md says; `amx` is always those, in plain C++ where the CPU
  /// has none: so slow that it is of use to tests alone.
  enum class Tiles { fitting, amx };

  /// `threads`: 0 for all; `memory` and `memory_limit` as EngineOptions. Throws Error(usage) where this CPU
  /// lacks the arithmetic, Error(model) as `fold`.
  DnnlEngine(const model::Model& model, Arithmetic arithmetic, int threads,
             const std::string& memory = "auto", std::int64_t memory_limit = 0, Tiles tiles = Tiles::fitting);
  ~DnnlEngine() override;

  std::string name() const override;
  Arithmetic arithmetic() const override { return arithmetic_; }
  std::int64_t channels() const override;
  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override;
  std::int64_t memory_needed(const Size3& size) const override;
  std::string instructions() const override;
  std::string proof() const override;
  void release() override;

  /// `watcher` sees the inputs of the convolutions in later runs; fp32 only.
  void watch(ValueWatcher watcher) { watcher_ = std::move(watcher); }

  /// Primitives built so far: a second run of a shape adds none.
  std::int64_t primitives_built() const;
  /// Of the last run, by layer or kind of work.
  const std::map<std::string, LayerTime>& times() const { return times_; }

 private:
  std::int64_t planned(const Size3& size, bool in_slabs) const;
  bool in_slabs(const Size3& size) const;
  template <class Volume>
  void prepare(std::unique_ptr<Volume>& volume, const Size3& size);
  struct State;  ///< holds oneDNN's objects, so that no other file needs its headers
  std::unique_ptr<State> state_;
  Arithmetic arithmetic_;
  int threads_;
  std::string memory_;
  std::int64_t memory_limit_;
  std::map<std::string, LayerTime> times_;
  ValueWatcher watcher_;
};

}  // namespace anatomynet::inference
