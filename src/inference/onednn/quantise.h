#pragma once
#include <string>
#include <vector>

#include "core/volume.h"
#include "model/model_file.h"

namespace anatomynet::inference {

struct QuantiseOptions {
  double tolerance = 0.003;  ///< how far below 1 an organ's Dice against fp32 may fall
  int threads = 0;
};

struct QuantisedBlock {
  std::string name;
  double dice = 0;  ///< of int8's labels against fp32's, of the organ that suffers most, this block alone
  bool kept = false;
};

struct QuantiseReport {
  std::vector<QuantisedBlock> blocks;
  double dice = 0;  ///< with all kept blocks in int8
  std::size_t int8_blocks() const;
};

/// Calibrates the residual blocks' 3 x 3 x 3 convolutions for int8 on some CTs and keeps the steps in the
/// model's notes. A step is the one of least square error over the values that the convolution's input took
/// in fp32, or the one that clips none of them: that with which the block alone draws what fp32 draws. Blocks
/// are taken in the order in which they do so, each where all taken so far stay within the tolerance; organs
/// are pooled over the CTs. The others stay in bf16.
/// Errors: Error(input) without a CT or where fp32 finds no organ, Error(usage) where this CPU has no int8,
/// Error(model) where no block can be taken, those of the engine.
QuantiseReport quantise(model::Model& model, const std::vector<CtVolume>& cts,
                        const QuantiseOptions& options);

}  // namespace anatomynet::inference
