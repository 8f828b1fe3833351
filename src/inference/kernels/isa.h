#pragma once
#include <string>
#include <vector>

namespace anatomynet::inference {

/// Instruction sets that kernels are written for, each with all before it: plain C++; AVX2 with FMA; AVX-512
/// (F, BW, VL, DQ); AMX (tiles of bf16 and int8).
enum class Isa { generic, avx2, avx512, amx };

/// "generic", "avx2", "avx512", "amx".
const char* name_of(Isa isa);

/// What this CPU and its system have. The same for the process's life.
Isa cpu_isa();

/// The most that kernels use, ours and oneDNN's: `cpu_isa()`, or less where the environment's
/// ANATOMYNET_MAX_ISA names less. Throws Error(usage) for a value that is no name above.
Isa max_isa();

/// As `max_isa` for a value of ANATOMYNET_MAX_ISA; null: not set.
Isa max_isa(const char* asked, Isa cpu);

/// All that this CPU runs, the least first: what tests compare.
std::vector<Isa> runnable_isas();

}  // namespace anatomynet::inference
