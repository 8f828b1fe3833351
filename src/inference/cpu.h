#pragma once
#include <string>

#include "inference/engine.h"

namespace anatomynet {

/// Whether this CPU (or what ONEDNN_MAX_CPU_ISA leaves of it) has instructions for an arithmetic; fp32
/// always.
bool cpu_has(Arithmetic arithmetic);

/// Whether bf16 and int8 are multiplied in tiles (AMX), several times as fast as fp32. Without, fp32 is the
/// fastest: its convolutions multiply a quarter as often (winograd.h; docs/performance.md).
bool cpu_has_tiles();

/// Floats that one of its vectors holds: 16 (AVX-512), 8 (AVX2) or 4.
int cpu_lanes();

/// "AVX-512 with VNNI and bf16, AMX", for messages.
std::string cpu_text();

}  // namespace anatomynet
