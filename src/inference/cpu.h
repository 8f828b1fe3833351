#pragma once
#include <string>

#include "inference/engine.h"

namespace anatomynet::inference {

/// Whether an arithmetic can be computed with max_isa(): fp32 and bf16 always, int8 where there are
/// instructions for it, or, slowly, under ANATOMYNET_MAX_ISA=generic.
bool cpu_has(Arithmetic arithmetic);

/// Whether bf16 and int8 are multiplied in AMX tiles, several times as fast as fp32. Without, bf16 is how
/// activations are stored, and is multiplied as fp32 is (winograd.h; docs/performance.md).
bool cpu_has_tiles();

/// Whether oneDNN's int8 convolutions can store bf16; else int8 stores floats beside integers.
bool onednn_has_bf16();

/// "AVX-512 with VNNI and bf16, AMX", for messages.
std::string cpu_text();

/// Limits oneDNN to max_isa(). Must be called before oneDNN is used for the first time.
void limit_onednn();

}  // namespace anatomynet::inference
