#include <algorithm>
#include <cmath>
#include <memory>

#include <gtest/gtest.h>
#include <omp.h>

#include "inference/kernels/convolution_options.h"
#include "inference/kernels/kernel_inputs.h"
#include "inference/kernels/pointwise.h"
#include "inference/kernels/winograd.h"

// Layers of values that are stored as bfloat16 and computed in fp32: what they give is what the layer of
// floats gives for the same values, rounded once. Whether that is right, winograd_test.cpp and
// pointwise_test.cpp say.
namespace anatomynet::inference {
namespace {

using Values = std::vector<float>;
using Halves = std::vector<Bfloat16>;

std::vector<const WinogradKernels*> tables() { return test::runnable_tables(winograd_kernels); }

struct Slab {
  std::int64_t depth, height, width;
  bool front, back;
  std::int64_t before = 0;
  std::int64_t depth_out() const { return depth + front + back - 2; }
  std::int64_t voxels() const { return depth * height * width; }
  std::int64_t voxels_out() const { return depth_out() * height * width; }
};

ConvolutionOptions layer(std::int64_t in, std::int64_t out, Epilogue epilogue, std::int64_t kernel) {
  ConvolutionOptions o;
  o.in = in;
  o.out = out;
  o.kernel = kernel;
  o.weights = test::numbers(kernel * kernel * kernel * in * out, 1);
  o.bias = test::numbers(out, 2);
  o.epilogue = epilogue;
  o.slope = 0.01f;
  o.group_lag = 0;
  return o;
}

Halves random_halves(std::int64_t n, unsigned seed) { return test::rounded(test::numbers(n, seed)); }

// From the values of `source`, onto those of `to`.
template <class From, class To>
std::vector<To> computed(ConvolutionOptions o, const Slab& s, const std::vector<From>& source,
                         std::vector<To> to, const WinogradKernels& kernels,
                         const std::vector<float>& scales = {}, Values* sums = nullptr) {
  o.source = sizeof(From) == 2 ? ValueType::bf16 : ValueType::f32;
  o.destination = sizeof(To) == 2 ? ValueType::bf16 : ValueType::f32;
  EXPECT_TRUE(WinogradConvolution::suits(o, kernels));
  const void* const from = source.data();
  void* const made = to.data();
  WinogradRun run{s.before, s.depth, s.height, s.width, s.front, s.back, {&from, 1}, {&made, 1}};
  if (!scales.empty()) run.scales = scales.data();
  if (sums) {
    sums->assign(static_cast<std::size_t>(s.depth_out() *
                                          WinogradConvolution::sums_a_slice(s.height, s.width) * o.out),
                 0);
    run.channel_sums = sums->data();
  }
  WinogradConvolution(o, std::make_shared<Arena>(), kernels).run(run);
  return to;
}

// Slabs, odd sizes, channels that end within a vector.
TEST(StoredBfloat16, WinogradRoundsWhatFloatsGive) {
  for (const auto& [in, out] : {std::pair{16, 16}, {28, 28}, {34, 34}, {66, 32}, {17, 49}})
    for (const Slab& s : {Slab{3, 5, 7, true, true},
                          {1, 1, 1, true, true},
                          {2, 9, 61, true, false},
                          {9, 4, 6, true, false, 3}}) {
      const ConvolutionOptions o = layer(in, out, Epilogue::activate, 3);
      const Halves source = random_halves(s.voxels() * in, 3);
      for (const WinogradKernels* kernels : tables()) {
        Values sums, of_floats;
        const Values room(static_cast<std::size_t>(s.voxels_out() * out));
        const Values expected = computed(o, s, test::widened(source), room, *kernels, {}, &of_floats);
        EXPECT_TRUE(computed(o, s, source, room, *kernels) == expected) << kernels->lanes;  // to floats
        const Halves got = computed(o, s, source, Halves(room.size()), *kernels, {}, &sums);
        EXPECT_TRUE(test::same_bits(got, test::rounded(expected)))
            << kernels->lanes << " lanes, " << in << " to " << out << ", width " << s.width;
        EXPECT_TRUE(sums == of_floats) << "sums are of what is not rounded yet";
      }
    }
}

TEST(StoredBfloat16, WinogradAddsToWhatIsThere) {
  const ConvolutionOptions o = layer(20, 32, Epilogue::accumulate_then_activate, 3);
  const Slab s{4, 6, 9, true, true};
  const Halves source = random_halves(s.voxels() * o.in, 3),
               before = random_halves(s.voxels_out() * o.out, 4);
  const auto scales = test::numbers(o.out, 6);
  for (const WinogradKernels* kernels : tables())
    for (const auto& scale : {std::vector<float>{}, scales})
      EXPECT_TRUE(test::same_bits(
          computed(o, s, source, before, *kernels, scale),
          test::rounded(computed(o, s, test::widened(source), test::widened(before), *kernels, scale))))
          << kernels->lanes;
}

TEST(StoredBfloat16, WinogradGivesTheSameBitsInAnySlabAndOnAnyNumberOfThreads) {
  const ConvolutionOptions o = layer(34, 34, Epilogue::activate, 3);
  const Slab whole{9, 13, 70, true, true};
  const std::int64_t in_slice = 13 * 70 * o.in, out_slice = 13 * 70 * o.out;
  const Halves source = random_halves(whole.depth * in_slice, 5);
  const Halves room(static_cast<std::size_t>(whole.depth * out_slice));
  for (const WinogradKernels* kernels : tables()) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const Halves expected = computed(o, whole, source, room, *kernels);
    omp_set_num_threads(7);
    EXPECT_TRUE(test::same_bits(computed(o, whole, source, room, *kernels), expected));
    omp_set_num_threads(before);
    const Halves part(source.begin() + 3 * in_slice, source.end());
    const Halves got = computed(o, {6, 13, 70, false, true}, part,
                                Halves(static_cast<std::size_t>(5 * out_slice)), *kernels);
    EXPECT_TRUE(test::same_bits(got, {expected.begin() + 4 * out_slice, expected.end()}));
  }
}

// A NaN or an infinite value is one for every output that it reaches, and for no other beyond its tiles.
TEST(StoredBfloat16, WinogradPassesOnWhatIsNoNumber) {
  const ConvolutionOptions o = layer(16, 16, Epilogue::activate, 3);
  const Slab s{1, 3, 30, true, true};
  for (const unsigned bits : {0x7fc0u, 0xffc1u, 0x7f80u, 0xff80u}) {
    Halves source = random_halves(s.voxels() * 16, 3);
    source[(30 + 5) * 16 + 3].bits = static_cast<std::uint16_t>(bits);  // row 1, column 5
    for (const WinogradKernels* kernels : tables()) {
      const Halves made = computed(o, s, source, Halves(source.size()), *kernels);
      for (std::int64_t y = 0; y < 3; ++y)
        for (std::int64_t x = 0; x < 30; ++x)
          for (std::int64_t c = 0; c < 16; ++c) {
            const float value = test::value_of(made[static_cast<std::size_t>((y * 30 + x) * 16 + c)]);
            const bool reached = x >= 4 && x <= 6, may_be = x < 12;
            if (reached || !may_be) {
              EXPECT_EQ(std::isfinite(value), !reached) << bits << ' ' << x;
            }
          }
    }
  }
}

// The biases are what is stored, so every value of a float is rounded: in whole vectors, half ones and alone.
TEST(StoredBfloat16, PointwiseRoundsToTheNearest) {
  auto values = test::edge_values();
  for (float& v : values)
    if (v == 0) v = 0;  // 0 + -0 is 0
  ConvolutionOptions o = layer(1, std::ssize(values), Epilogue::none, 1);
  o.source = o.destination = ValueType::bf16;
  std::fill(o.weights.begin(), o.weights.end(), 1.0f);
  for (const PointwiseKernels* kernels : test::runnable_tables(pointwise_kernels))
    for (const std::int64_t odd : {0, 3, 5, 11}) {
      o.out = std::ssize(values) - odd;
      o.bias.assign(values.begin() + odd, values.end());
      o.weights.resize(static_cast<std::size_t>(o.out));
      Halves to(o.bias.size());
      const Halves zero(1);
      const void* const from = zero.data();
      PointwiseConvolution(o, *kernels).run(1, {&from, 1}, to.data(), nullptr);
      EXPECT_TRUE(test::same_bits(to, test::rounded(o.bias))) << kernels->lanes << " lanes, " << odd;
    }
}

TEST(StoredBfloat16, PointwiseRoundsWhatFloatsGive) {
  for (const auto& [a, b, out] :
       {std::array{28, 0, 30}, {34, 32, 32}, {28, 2, 32}, {5, 3, 7}, {16, 0, 49}, {700, 300, 20}})
    for (const Epilogue e : {Epilogue::none, Epilogue::accumulate_then_activate})
      for (const std::int64_t voxels : {1, 13, 14, 4099}) {
        if (a == 700 && voxels > 14) continue;
        ConvolutionOptions o = layer(a + b, out, e, 1);
        if (b > 0) o.parts = {a, b};
        const Halves first = random_halves(voxels * a, 3), second = random_halves(voxels * b, 4);
        const auto scales = test::numbers(out, 6);
        for (const PointwiseKernels* kernels : test::runnable_tables(pointwise_kernels)) {
          Halves to = random_halves(voxels * out, 5);
          Values expected = test::widened(to);
          const Values floats[] = {test::widened(first), test::widened(second)};
          const void* const from_floats[] = {floats[0].data(), floats[1].data()};
          PointwiseConvolution(o, *kernels).run(voxels, from_floats, expected.data(), scales.data());
          ConvolutionOptions halves = o;
          halves.source = halves.destination = ValueType::bf16;
          const void* const from[] = {first.data(), second.data()};
          const PointwiseConvolution convolution(halves, *kernels);
          const Halves before = to;
          convolution.run(voxels, from, to.data(), scales.data());
          EXPECT_TRUE(test::same_bits(to, test::rounded(expected)))
              << kernels->lanes << " lanes, " << a << " and " << b << " to " << out << ", " << voxels;
          const int threads = omp_get_max_threads();
          omp_set_num_threads(3);
          Halves again = before;
          convolution.run(voxels, from, again.data(), scales.data());
          omp_set_num_threads(threads);
          EXPECT_TRUE(test::same_bits(again, to)) << "other threads";
        }
      }
}

}  // namespace
}  // namespace anatomynet::inference
