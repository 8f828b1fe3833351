#pragma once
#include <string>

#include "inference/engine.h"

namespace anatomynet {

/// Whether this CPU (or what ONEDNN_MAX_CPU_ISA leaves of it) has instructions for an arithmetic; fp32
/// always.
bool cpu_has(Arithmetic arithmetic);

/// "AVX-512 with VNNI and bf16, AMX", for messages.
std::string cpu_text();

}  // namespace anatomynet
