#include "inference/cpu.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "inference/kernels/isa.h"

namespace anatomynet::inference {
namespace {

using Known = dnnl::cpu_isa;

bool has(Known wanted) {
  limit_onednn();
  const auto bits = static_cast<unsigned>(dnnl::get_effective_cpu_isa()),
             asked = static_cast<unsigned>(wanted);
  return (bits & asked) == asked;
}

// oneDNN's name for all that a CPU of this kind may have.
Known onednn_name_of(Isa isa) {
  switch (isa) {
    case Isa::amx:
      return Known::all;
    case Isa::avx512:
      return Known::avx512_core_bf16;
    case Isa::avx2:
      return Known::avx2_vnni;
    case Isa::generic:
      break;
  }
  return Known::sse41;
}

}  // namespace

void limit_onednn() {
  static const bool limited = [] {
    // What is not limited stays as ONEDNN_MAX_CPU_ISA has it.
    if (max_isa() != cpu_isa()) dnnl::set_max_cpu_isa(onednn_name_of(max_isa()));
    return true;
  }();
  static_cast<void>(limited);
}

bool cpu_has(Arithmetic arithmetic) {
  if (arithmetic != Arithmetic::int8 || max_isa() == Isa::generic) return true;
  return has(Known::avx512_core_vnni) || has(Known::avx2_vnni);
}

bool onednn_has_bf16() { return has(Known::avx512_core_bf16); }

bool cpu_has_tiles() { return max_isa() == Isa::amx; }

std::string cpu_text() {
  std::string text = "no AVX2";
  if (has(Known::avx512_core_amx))
    text = "AVX-512 with VNNI and bf16, AMX";
  else if (has(Known::avx512_core_bf16))
    text = "AVX-512 with VNNI and bf16";
  else if (has(Known::avx512_core_vnni))
    text = "AVX-512 with VNNI";
  else if (has(Known::avx512_core))
    text = "AVX-512";
  else if (has(Known::avx2_vnni))
    text = "AVX2 with VNNI";
  else if (has(Known::avx2))
    text = "AVX2";
  if (max_isa() != cpu_isa())
    text += std::string(" (limited by ANATOMYNET_MAX_ISA=") + name_of(max_isa()) + ")";
  return text;
}

}  // namespace anatomynet::inference
