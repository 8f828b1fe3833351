#pragma once

namespace anatomynet::network {

/// How a network's pass is computed; the function and its gradients are the same to rounding.
struct Computation {
  /// On a CPU: oneDNN's convolutions in one channels-last layout, batch norm, excitation, shortcut and
  /// activation in one pass. Where the build has no oneDNN, and on other devices: libtorch's own operations.
  bool fused = true;
  /// The same in passes without gradients, which otherwise are libtorch's operations in a fixed order.
  bool fused_without_gradients = false;
  /// Every block keeps its inputs alone and is computed again on the way back.
  bool checkpoint = false;
  /// Batch norm moves its running statistics. Off while a block is computed again.
  bool update_statistics = true;
};

/// What holds on this thread; `Computation{}` where no scope is open.
const Computation& computation();

/// Sets it while the scope lives, on this thread.
class ComputationScope {
 public:
  explicit ComputationScope(const Computation& computation);
  ~ComputationScope();
  ComputationScope(const ComputationScope&) = delete;
  ComputationScope& operator=(const ComputationScope&) = delete;

 private:
  Computation before_;
};

}  // namespace anatomynet::network
