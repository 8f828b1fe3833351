#include "inference/kernels/isa.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace anatomynet::inference {
namespace {

constexpr Isa all[] = {Isa::generic, Isa::avx2, Isa::avx512, Isa::amx};

}  // namespace

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::amx:
      return "amx";
    case Isa::generic:
      break;
  }
  return "generic";
}

Isa max_isa(const char* asked, Isa cpu) {
  if (!asked) return cpu;
  for (const Isa isa : all)
    if (std::string(asked) == name_of(isa)) return std::min(isa, cpu);
  throw Error(ErrorKind::usage, "ANATOMYNET_MAX_ISA is '" + std::string(asked) +
                                    "'; known are generic, avx2, avx512, amx; or unset it");
}

Isa max_isa() {
  static const Isa most = max_isa(std::getenv("ANATOMYNET_MAX_ISA"), cpu_isa());
  return most;
}

std::vector<Isa> runnable_isas() {
  std::vector<Isa> list;
  for (const Isa isa : all)
    if (isa <= cpu_isa()) list.push_back(isa);
  return list;
}

}  // namespace anatomynet::inference
