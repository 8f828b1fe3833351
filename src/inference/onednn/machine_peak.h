#pragma once
#include "inference/engine.h"

namespace anatomynet::inference {

/// Seconds that one product of two square matrices takes through oneDNN, and its operations (2 n^3).
struct MatrixProduct {
  double seconds = 0, operations = 0;
};

/// Measures this machine's peak in an arithmetic: oneDNN's matrix product of 2048 x 2048 on `threads`
/// threads. Built once; each call runs it once.
class MachinePeak {
 public:
  MachinePeak(Arithmetic arithmetic, int threads);
  ~MachinePeak();
  MatrixProduct run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::inference
