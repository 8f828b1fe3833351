#include "inference/onednn/machine_peak.h"

#include <cstring>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "core/clock.h"
#include "inference/cpu.h"

namespace anatomynet::inference {
namespace {

constexpr std::int64_t side = 2048;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

}  // namespace

struct MachinePeak::State {
  bool limited = (limit_onednn(), true);  // before oneDNN is used
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::matmul product;
  dnnl::memory a, b, c;
  int threads;
};

MachinePeak::MachinePeak(Arithmetic arithmetic, int threads) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.threads = threads;
  const bool int8 = arithmetic == Arithmetic::int8;
  const Type left = int8                             ? Type::u8
                    : arithmetic == Arithmetic::bf16 ? Type::bf16
                                                     : Type::f32,
             right = int8 ? Type::s8 : left, sum = int8 ? Type::s32 : Type::f32;
  const dnnl::matmul::primitive_desc description(
      dnnl::matmul::desc({{side, side}, left, Tag::ab}, {{side, side}, right, Tag::any},
                         {{side, side}, sum, Tag::ab}),
      s.engine);
  s.product = dnnl::matmul(description);
  s.a = dnnl::memory(description.src_desc(), s.engine);
  s.b = dnnl::memory(description.weights_desc(), s.engine);
  s.c = dnnl::memory(description.dst_desc(), s.engine);
  for (const dnnl::memory* m : {&s.a, &s.b}) std::memset(m->get_data_handle(), 0, m->get_desc().get_size());
  run();
}

MachinePeak::~MachinePeak() = default;

MatrixProduct MachinePeak::run() {
  State& s = *state_;
  const int before = omp_get_max_threads();
  omp_set_num_threads(s.threads);
  const double start = seconds_now();
  s.product.execute(s.stream, {{DNNL_ARG_SRC, s.a}, {DNNL_ARG_WEIGHTS, s.b}, {DNNL_ARG_DST, s.c}});
  s.stream.wait();
  const double seconds = seconds_now() - start;
  omp_set_num_threads(before);
  return {seconds, 2.0 * side * side * side};
}

}  // namespace anatomynet::inference
