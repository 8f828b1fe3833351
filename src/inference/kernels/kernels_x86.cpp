#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inference/kernels/amx/tile_kernels.h"
#include "inference/kernels/channel_kernels.h"
#include "inference/kernels/isa.h"
#include "inference/kernels/pointwise_kernels.h"
#include "inference/kernels/winograd_kernels.h"

// The kernels' tables on x86-64. Other processors: kernels_portable.cpp.
namespace anatomynet::inference {

extern const ChannelKernels<float> float_kernels_generic, float_kernels_avx2, float_kernels_avx512;
extern const ChannelKernels<Bfloat16> bfloat16_kernels_generic, bfloat16_kernels_avx2,
    bfloat16_kernels_avx512;
extern const PointwiseKernels pointwise_kernels_generic, pointwise_kernels_avx2, pointwise_kernels_avx512;
extern const WinogradKernels winograd_kernels_generic, winograd_kernels_avx2, winograd_kernels_avx512;

namespace {

// Asks Linux for permission to use AMX XTILEDATA (arch_prctl).
bool has_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned bf16 = 1u << 22, tile = 1u << 24, int8 = 1u << 25, all = bf16 | tile | int8;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & all) != all) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return __builtin_cpu_supports("avx512bf16") &&
         ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

Isa found() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::generic;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return Isa::avx2;
  return has_amx() ? Isa::amx : Isa::avx512;
}

template <class Table>
const Table& of(Isa isa, const Table& generic, const Table& avx2, const Table& avx512) {
  return isa >= Isa::avx512 ? avx512 : isa == Isa::avx2 ? avx2 : generic;
}

}  // namespace

Isa cpu_isa() {
  static const Isa isa = found();
  return isa;
}

template <>
const ChannelKernels<float>& channel_kernels<float>(Isa isa) {
  return of(isa, float_kernels_generic, float_kernels_avx2, float_kernels_avx512);
}

template <>
const ChannelKernels<Bfloat16>& channel_kernels<Bfloat16>(Isa isa) {
  return of(isa, bfloat16_kernels_generic, bfloat16_kernels_avx2, bfloat16_kernels_avx512);
}

const WinogradKernels& winograd_kernels(Isa isa) {
  return of(isa, winograd_kernels_generic, winograd_kernels_avx2, winograd_kernels_avx512);
}

const PointwiseKernels& pointwise_kernels(Isa isa) {
  return of(isa, pointwise_kernels_generic, pointwise_kernels_avx2, pointwise_kernels_avx512);
}

const TileKernels& tile_kernels(bool integers, decltype(TileEpilogue::to) to, Isa isa) {
  return isa == Isa::amx ? tile_kernels_amx(integers, to) : tile_kernels_generic(integers, to);
}

}  // namespace anatomynet::inference
