#pragma once
#include <torch/types.h>

namespace anatomynet::network {

enum class Precision { fp32, bf16 };

/// While it lives, convolutions and matrix products on `device` run in bf16 (autocast); fp32 changes nothing.
class PrecisionScope {
 public:
  PrecisionScope(Precision precision, torch::Device device);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  bool active_, cuda_;
};

}  // namespace anatomynet::network
