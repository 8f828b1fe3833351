#pragma once
#include <string>
#include <vector>

#include "core/volume.h"
#include "model/model_file.h"

namespace anatomynet {

struct QuantiseOptions {
  double tolerance = 0.004;  ///< of a block alone, as `change` below
  int threads = 0;
};

struct QuantisedBlock {
  std::string name;
  double change =
      0;  ///< root mean square change of the logits over their standard deviation, this block alone
  bool kept = false;
};

struct QuantiseReport {
  std::vector<QuantisedBlock> blocks;
  double change = 0;  ///< with all kept blocks in int8
  std::size_t int8_blocks() const;
};

/// Calibrates the residual blocks' 3 x 3 x 3 convolutions for int8 on some CTs and keeps the steps in the
/// model's notes. A step is the one of least square error over the values that the convolution's input took
/// in fp32; blocks that change the logits of the first CT by more than the tolerance stay as they are.
/// Errors: Error(input) without a CT, Error(usage) where this CPU has no int8, those of the engine.
QuantiseReport quantise(Model& model, const std::vector<CtVolume>& cts, const QuantiseOptions& options);

}  // namespace anatomynet
