#pragma once
#include <string>

#include "inference/engine.h"

namespace anatomynet::inference {

/// Whether max_isa() has instructions for an arithmetic; for fp32 always true. Under
/// ANATOMYNET_MAX_ISA=generic each is computed in plain C++, slowly.
bool cpu_has(Arithmetic arithmetic);

/// Whether bf16 and int8 are multiplied in AMX tiles, several times as fast as fp32. Without, fp32 is the
/// fastest: its convolutions multiply a quarter as often (winograd.h; docs/performance.md).
bool cpu_has_tiles();

/// "AVX-512 with VNNI and bf16, AMX", for messages.
std::string cpu_text();

/// Limits oneDNN to max_isa(). Must be called before oneDNN is used for the first time.
void limit_onednn();

}  // namespace anatomynet::inference
