#pragma once
#include <map>
#include <memory>
#include <string>

#include "inference/dnnl_volume.h"
#include "inference/engine.h"

namespace anatomynet {

/// The network on oneDNN's convolutions, from the weights file alone.
class DnnlEngine : public Engine {
 public:
  /// `threads`: 0 for all. Throws Error(usage) where this CPU lacks the arithmetic, Error(model) as `fold`.
  DnnlEngine(const Model& model, Arithmetic arithmetic, int threads);
  ~DnnlEngine() override;

  std::string name() const override;
  Arithmetic arithmetic() const override { return arithmetic_; }
  std::int64_t channels() const override;
  void run(std::span<const float> image, const Size3& size, const LogitsSink& sink) override;
  std::int64_t memory_needed(const Size3& size) const override;

  /// Primitives built so far: a second run of a shape adds none.
  std::int64_t primitives_built() const;
  /// Of the last run, by layer or kind of work.
  const std::map<std::string, LayerTime>& times() const { return times_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  Arithmetic arithmetic_;
  int threads_;
  std::map<std::string, LayerTime> times_;
};

/// Whether this CPU (or ONEDNN_MAX_CPU_ISA) has instructions for an arithmetic; fp32 always.
bool cpu_has(Arithmetic arithmetic);
/// "AVX-512 with VNNI and bf16, AMX", for messages.
std::string cpu_text();

}  // namespace anatomynet
