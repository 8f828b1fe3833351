#include "inference/kernels/pointwise.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <omp.h>

#include "common/near.h"
#include "inference/kernels/convolution_options.h"
#include "inference/kernels/kernel_inputs.h"

namespace anatomynet::inference {
namespace {

using test::numbers;

std::vector<const PointwiseKernels*> tables() { return test::runnable_tables(pointwise_kernels); }

ConvolutionOptions layer(std::int64_t a, std::int64_t b, std::int64_t out, Epilogue epilogue) {
  ConvolutionOptions o;
  o.in = a + b;
  if (b > 0) o.parts = {a, b};
  o.out = out;
  o.kernel = 1;
  o.weights = numbers(o.in * out, 1);
  o.bias = numbers(out, 2);
  o.epilogue = epilogue;
  o.slope = 0.01f;
  return o;
}

struct Values {
  std::vector<float> a, b, former, scales;
};

Values values_of(const ConvolutionOptions& o, std::int64_t voxels) {
  const std::int64_t a = o.parts.empty() ? o.in : o.parts[0];
  return {numbers(voxels * a, 3), numbers(voxels * (o.in - a), 4), numbers(voxels * o.out, 5),
          numbers(o.out, 6)};
}

// The sum as it is written down, in double.
std::vector<double> direct(const ConvolutionOptions& o, std::int64_t voxels, const Values& v, bool scaled) {
  const std::int64_t a = o.parts.empty() ? o.in : o.parts[0], b = o.in - a;
  std::vector<double> to;
  for (std::int64_t n = 0; n < voxels; ++n)
    for (std::int64_t c = 0; c < o.out; ++c) {
      double sum = o.bias[static_cast<std::size_t>(c)];
      for (std::int64_t i = 0; i < o.in; ++i) {
        const float x =
            i < a ? v.a[static_cast<std::size_t>(n * a + i)] : v.b[static_cast<std::size_t>(n * b + i - a)];
        sum += double(o.weights[static_cast<std::size_t>(c * o.in + i)]) * double(x);
      }
      const double scale = scaled ? double(v.scales[static_cast<std::size_t>(c)]) : 1;
      if (o.accumulates()) sum += scale * double(v.former[static_cast<std::size_t>(n * o.out + c)]);
      to.push_back(o.activates() ? std::max(sum, double(o.slope) * sum) : sum);
    }
  return to;
}

std::vector<float> computed(const ConvolutionOptions& o, std::int64_t voxels, const Values& v, bool scaled,
                            const PointwiseKernels& kernels) {
  std::vector<float> to = v.former;
  const void* const from[] = {v.a.data(), v.b.data()};
  PointwiseConvolution(o, kernels).run(voxels, from, to.data(), scaled ? v.scales.data() : nullptr);
  return to;
}

// Outputs that fill vectors, halves of them and neither; voxels that fill a turn of registers, a thread's
// turn and neither.
TEST(Pointwise, IsTheSumThatItStandsFor) {
  for (const auto& [a, b, out] :
       {std::array{28, 0, 30}, {32, 34, 34}, {34, 32, 32}, {28, 2, 32}, {5, 3, 7}, {16, 0, 49}})
    for (const Epilogue e : {Epilogue::none, Epilogue::accumulate, Epilogue::accumulate_then_activate})
      for (const std::int64_t voxels : {1, 13, 14, 2048, 4099}) {
        const ConvolutionOptions o = layer(a, b, out, e);
        const Values v = values_of(o, voxels);
        for (const bool scaled : {false, true})
          for (const PointwiseKernels* kernels : tables())
            EXPECT_TRUE(
                test::all_near(computed(o, voxels, v, scaled, *kernels), direct(o, voxels, v, scaled), 1e-4))
                << kernels->lanes << " lanes, " << a << " and " << b << " to " << out << ", " << voxels
                << " voxels";
      }
}

TEST(Pointwise, LeavesOutUnusedChannels) {
  ConvolutionOptions o = layer(34, 20, 32, Epilogue::accumulate);
  for (std::int64_t row = 0; row < o.out; ++row)
    for (const std::int64_t unused : {0, 1, 33, 34, 40, 53})
      o.weights[static_cast<std::size_t>(row * o.in + unused)] = 0;
  Values v = values_of(o, 100);
  const auto expected = direct(o, 100, v, true);
  v.a[0] = v.b[0] = std::numeric_limits<float>::quiet_NaN();  // of channels that nothing reads
  for (const PointwiseKernels* kernels : tables())
    EXPECT_TRUE(test::all_near(computed(o, 100, v, true, *kernels), expected, 1e-4)) << kernels->lanes;
}

TEST(Pointwise, NaNFailsTheComparison) {
  const ConvolutionOptions o = layer(16, 0, 16, Epilogue::accumulate_then_activate);
  Values v = values_of(o, 20);
  const auto expected = direct(o, 20, v, true);
  v.a[100] = std::numeric_limits<float>::quiet_NaN();
  for (const PointwiseKernels* kernels : tables())
    EXPECT_FALSE(test::all_near(computed(o, 20, v, true, *kernels), expected, 1e-3));
}

TEST(Pointwise, GivesTheSameBitsForAnyPartOnAnyNumberOfThreads) {
  const ConvolutionOptions o = layer(34, 32, 34, Epilogue::accumulate_then_activate);
  const std::int64_t voxels = 5000, skipped = 1237;
  const Values v = values_of(o, voxels);
  for (const PointwiseKernels* kernels : tables()) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto expected = computed(o, voxels, v, true, *kernels);
    omp_set_num_threads(7);
    EXPECT_TRUE(computed(o, voxels, v, true, *kernels) == expected);
    omp_set_num_threads(before);
    Values rest = v;
    rest.a.erase(rest.a.begin(), rest.a.begin() + skipped * 34);
    rest.b.erase(rest.b.begin(), rest.b.begin() + skipped * 32);
    rest.former.erase(rest.former.begin(), rest.former.begin() + skipped * 34);
    const auto got = computed(o, voxels - skipped, rest, true, *kernels);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin() + skipped * 34));
  }
}

TEST(Pointwise, LeavesOtherLayersToOneDnn) {
  EXPECT_TRUE(PointwiseConvolution::suits(layer(28, 0, 30, Epilogue::accumulate)));
  EXPECT_FALSE(PointwiseConvolution::suits(layer(28, 0, 30, Epilogue::none)));
  ConvolutionOptions o = layer(28, 0, 30, Epilogue::accumulate);
  o.kernel = 3;
  EXPECT_FALSE(PointwiseConvolution::suits(o));
  o = layer(28, 0, 30, Epilogue::accumulate);
  o.source = ValueType::bf16;
  EXPECT_FALSE(PointwiseConvolution::suits(o));  // stored otherwise than it is read
  o.destination = ValueType::bf16;
  EXPECT_TRUE(PointwiseConvolution::suits(o));
  o.in = PointwiseKernels::most_channels + 1;
  EXPECT_FALSE(PointwiseConvolution::suits(o));
}

}  // namespace
}  // namespace anatomynet::inference
