#pragma once
#include "inference/engine.h"

namespace anatomynet {

/// The fastest arithmetic that this CPU has natively and whose agreement with fp32 the weights file records;
/// fp32 where it records none.
Arithmetic fastest_proven(const Model& model);

}  // namespace anatomynet
