#include "inference/cpu.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace anatomynet {
namespace {

using dnnl::cpu_isa;

bool has(cpu_isa wanted) {
  const auto bits = static_cast<unsigned>(dnnl::get_effective_cpu_isa()),
             asked = static_cast<unsigned>(wanted);
  return (bits & asked) == asked;
}

}  // namespace

bool cpu_has(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::bf16:
      return has(cpu_isa::avx512_core_bf16);
    case Arithmetic::int8:
      return has(cpu_isa::avx512_core_vnni) || has(cpu_isa::avx2_vnni);
    case Arithmetic::fp32:
      break;
  }
  return true;
}

int cpu_lanes() { return has(cpu_isa::avx512_core) ? 16 : has(cpu_isa::avx2) ? 8 : 4; }

bool cpu_has_tiles() { return has(cpu_isa::avx512_core_amx); }

std::string cpu_text() {
  if (has(cpu_isa::avx512_core_amx)) return "AVX-512 with VNNI and bf16, AMX";
  if (has(cpu_isa::avx512_core_bf16)) return "AVX-512 with VNNI and bf16";
  if (has(cpu_isa::avx512_core_vnni)) return "AVX-512 with VNNI";
  if (has(cpu_isa::avx512_core)) return "AVX-512";
  if (has(cpu_isa::avx2_vnni)) return "AVX2 with VNNI";
  if (has(cpu_isa::avx2)) return "AVX2";
  return "no AVX2";
}

}  // namespace anatomynet
