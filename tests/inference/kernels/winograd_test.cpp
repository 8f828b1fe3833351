#include "inference/kernels/winograd.h"

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

std::vector<const WinogradKernels*> tables() { return test::runnable_tables(winograd_kernels); }

struct Slab {
  std::int64_t depth, height, width;
  bool front, back;
  std::int64_t before = 0;  // slices of the first group that are not wanted
  std::int64_t depth_out() const { return depth + front + back - 2; }
};

ConvolutionOptions layer(std::int64_t in, std::int64_t out, Epilogue epilogue) {
  ConvolutionOptions o;
  o.in = in;
  o.out = out;
  o.kernel_x = 3;
  o.weights = numbers(27 * in * out, 1);
  o.bias = numbers(out, 2);
  o.epilogue = epilogue;
  o.slope = 0.01f;
  o.group_lag = 0;
  return o;
}

// The sum as it is written down, in double.
std::vector<double> direct(const ConvolutionOptions& o, const Slab& s, const std::vector<float>& source,
                           const std::vector<float>& before) {
  std::vector<double> to(before.begin(), before.end());
  for (std::int64_t z = 0; z < s.depth_out(); ++z)
    for (std::int64_t y = 0; y < s.height; ++y)
      for (std::int64_t x = 0; x < s.width; ++x)
        for (std::int64_t c = 0; c < o.out; ++c) {
          double sum = o.bias[static_cast<std::size_t>(c)];
          for (std::int64_t k = 0; k < 27; ++k) {
            const std::int64_t sz = z - s.front + k / 9, sy = y - 1 + k / 3 % 3, sx = x - 1 + k % 3;
            if (sz < 0 || sz >= s.depth || sy < 0 || sy >= s.height || sx < 0 || sx >= s.width) continue;
            for (std::int64_t i = 0; i < o.in; ++i)
              sum +=
                  double(source[static_cast<std::size_t>(((sz * s.height + sy) * s.width + sx) * o.in + i)]) *
                  double(o.weights[static_cast<std::size_t>((c * o.in + i) * 27 + k)]);
          }
          double& value = to[static_cast<std::size_t>(((z * s.height + y) * s.width + x) * o.out + c)];
          const bool adds =
              o.epilogue == Epilogue::accumulate || o.epilogue == Epilogue::accumulate_then_activate;
          value = adds ? value + sum : sum;
          if (o.epilogue != Epilogue::none && o.epilogue != Epilogue::accumulate)
            value = std::max(value, double(o.slope) * value);
        }
  return to;
}

std::vector<float> computed(const ConvolutionOptions& o, const Slab& s, const std::vector<float>& source,
                            const std::vector<float>& before, const WinogradKernels& kernels) {
  std::vector<float> to = before;
  const WinogradConvolution convolution(o, std::make_shared<Arena>(), kernels);
  const void* const from = source.data();
  void* const made = to.data();
  convolution.run({s.before, s.depth, s.height, s.width, s.front, s.back, {&from, 1}, {&made, 1}});
  return to;
}

void expect_direct(const ConvolutionOptions& o, const Slab& s) {
  const auto source = numbers(s.depth * s.height * s.width * o.in, 3),
             before = numbers(s.depth_out() * s.height * s.width * o.out, 4);
  const auto expected = direct(o, s, source, before);
  const double typical = std::sqrt(27.0 * double(o.in));  // of sums of as many products of variance 1
  for (const WinogradKernels* kernels : tables()) {
    const auto got = computed(o, s, source, before, *kernels);
    EXPECT_TRUE(test::all_near(got, expected, 2e-5 * typical))
        << kernels->lanes << " lanes, " << o.in << " to " << o.out << ", " << s.depth << ' ' << s.height
        << ' ' << s.width;
  }
}

TEST(Winograd, IsTheSumThatItStandsFor) {
  for (const auto& [in, out] : {std::pair{16, 16}, {28, 28}, {34, 34}, {66, 32}, {17, 49}, {40, 80}})
    for (const Slab& s : {Slab{3, 4, 4, false, false}, {3, 5, 7, true, true}, {2, 9, 61, true, false}})
      expect_direct(layer(in, out, Epilogue::activate), s);
}

// A value that is no number must come out as one, and so fail every comparison.
TEST(Winograd, NaNFailsTheComparison) {
  const ConvolutionOptions o = layer(16, 16, Epilogue::none);
  const Slab s{1, 6, 6, true, true};
  auto source = numbers(36 * 16, 3);
  const std::vector<float> before(36 * 16);
  const auto expected = direct(o, s, source, before);
  for (const WinogradKernels* kernels : tables()) {
    EXPECT_TRUE(test::all_near(computed(o, s, source, before, *kernels), expected, 1e-3));
    auto damaged = source;
    damaged[100] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(test::all_near(computed(o, s, damaged, before, *kernels), expected, 1e-3));
  }
}

TEST(Winograd, TakesSlabsAndRowsOfOne) {
  for (const Slab& s : {Slab{1, 1, 1, true, true},
                        {1, 3, 130, true, true},
                        {2, 30, 1, true, true},
                        {2, 2, 2, false, true},
                        {7, 1, 5, false, false},
                        {7, 5, 5, true, true, 1},
                        {9, 4, 6, true, false, 3}})
    expect_direct(layer(16, 32, Epilogue::none), s);
}

TEST(Winograd, AddsToWhatIsThere) {
  for (const Epilogue e : {Epilogue::accumulate, Epilogue::accumulate_then_activate})
    expect_direct(layer(20, 32, e), {4, 6, 9, true, true});
}

// Channels whose weights are all 0, as padding has them, are left out.
TEST(Winograd, LeavesOutUnusedChannels) {
  ConvolutionOptions o = layer(34, 32, Epilogue::none);
  for (std::int64_t row = 0; row < o.out; ++row)
    for (const std::int64_t unused : {0, 1, 15, 16, 33})
      std::fill_n(o.weights.begin() + (row * o.in + unused) * 27, 27, 0.0f);
  expect_direct(o, {4, 6, 9, true, true});
}

// Zeros times anything and the order of sums are fixed by a voxel's place alone.
TEST(Winograd, GivesTheSameBitsInAnySlabAndOnAnyNumberOfThreads) {
  const ConvolutionOptions o = layer(34, 34, Epilogue::activate);
  const Slab whole{9, 13, 70, true, true};
  const std::int64_t in_slice = 13 * 70 * o.in, out_slice = 13 * 70 * o.out;
  const auto source = numbers(whole.depth * in_slice, 5);
  const std::vector<float> empty(static_cast<std::size_t>(whole.depth * out_slice));
  for (const WinogradKernels* kernels : tables()) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto expected = computed(o, whole, source, empty, *kernels);
    for (const int threads : {2, 7, 40}) {
      omp_set_num_threads(threads);
      EXPECT_TRUE(computed(o, whole, source, empty, *kernels) == expected) << threads;
    }
    omp_set_num_threads(before);
    // Groups of the whole: slices 0 to 3, 4 to 7, 8.
    const std::vector<float> part(source.begin() + 3 * in_slice, source.end());
    const std::vector<float> room(static_cast<std::size_t>(5 * out_slice));
    const auto got = computed(o, {6, 13, 70, false, true}, part, room, *kernels);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin() + 4 * out_slice));
  }
}

TEST(Winograd, GivesTheSameBitsInTheSameGroups) {
  const ConvolutionOptions o = layer(20, 24, Epilogue::activate);
  const Slab whole{12, 9, 30, true, true, 1};  // groups: 0 to 2, 3 to 6, 7 to 10, 11
  const std::int64_t in_slice = 9 * 30 * o.in, out_slice = 9 * 30 * o.out;
  const auto source = numbers(whole.depth * in_slice, 5);
  const std::vector<float> empty(static_cast<std::size_t>(whole.depth * out_slice));
  for (const WinogradKernels* kernels : tables()) {
    const auto expected = computed(o, whole, source, empty, *kernels);
    const auto equal = [&](std::int64_t first, std::int64_t end, bool front, bool back, std::int64_t before) {
      const std::int64_t from = front ? first : first - 1, to = back ? end : end + 1;
      const std::vector<float> part(source.begin() + from * in_slice, source.begin() + to * in_slice);
      const std::vector<float> room(static_cast<std::size_t>((end - first) * out_slice));
      const auto got = computed(o, {to - from, 9, 30, front, back, before}, part, room, *kernels);
      return std::equal(got.begin(), got.end(), expected.begin() + first * out_slice);
    };
    EXPECT_TRUE(equal(0, 3, true, false, 1));
    EXPECT_TRUE(equal(0, 7, true, false, 1));
    EXPECT_TRUE(equal(3, 11, false, false, 0));
    EXPECT_TRUE(equal(7, 12, false, true, 0));
    EXPECT_TRUE(equal(11, 12, false, true, 0));
  }
}

// Channels first to first + count of voxels of `channels`.
std::vector<float> channels_of(const std::vector<float>& values, std::int64_t channels, std::int64_t first,
                               std::int64_t count) {
  std::vector<float> part;
  for (auto at = values.begin(); at != values.end(); at += channels)
    part.insert(part.end(), at + first, at + first + count);
  return part;
}

TEST(Winograd, ReadsTwoTensorsAsOne) {
  ConvolutionOptions o = layer(50, 32, Epilogue::activate);
  const Slab s{5, 9, 61, true, false};
  const auto source = numbers(s.depth * s.height * s.width * o.in, 3);
  const std::vector<float> empty(static_cast<std::size_t>(s.depth_out() * s.height * s.width * o.out));
  const auto a = channels_of(source, o.in, 0, 34), b = channels_of(source, o.in, 34, 16);
  for (const WinogradKernels* kernels : tables()) {
    const auto expected = computed(o, s, source, empty, *kernels);
    ConvolutionOptions two = o;
    two.parts = {34, 16};
    ASSERT_TRUE(WinogradConvolution::suits(two, *kernels));
    const void* const from[] = {a.data(), b.data()};
    std::vector<float> got = empty;
    void* const to = got.data();
    WinogradConvolution(two, std::make_shared<Arena>(), *kernels)
        .run({s.before, s.depth, s.height, s.width, s.front, s.back, from, {&to, 1}});
    EXPECT_TRUE(got == expected) << kernels->lanes;
  }
}

TEST(Winograd, WritesTwoTensorsOfWhichOneIsActivated) {
  ConvolutionOptions o = layer(16, 50, Epilogue::none);
  const Slab s{5, 6, 61, true, true};
  const auto source = numbers(s.depth * s.height * s.width * o.in, 3);
  const std::int64_t voxels = s.depth_out() * s.height * s.width;
  const std::vector<float> empty(static_cast<std::size_t>(voxels * o.out));
  for (const WinogradKernels* kernels : tables()) {
    const auto whole = computed(o, s, source, empty, *kernels);
    auto activated = channels_of(whole, o.out, 0, 34);
    for (float& v : activated) v = std::max(v, o.slope * v);
    ConvolutionOptions two = o;
    two.epilogue = Epilogue::activate;
    two.outputs = {{34, true}, {16, false}};
    ASSERT_TRUE(WinogradConvolution::suits(two, *kernels));
    std::vector<float> first(static_cast<std::size_t>(voxels * 34)),
        second(static_cast<std::size_t>(voxels * 16));
    const void* const from = source.data();
    void* const to[] = {first.data(), second.data()};
    WinogradConvolution(two, std::make_shared<Arena>(), *kernels)
        .run({s.before, s.depth, s.height, s.width, s.front, s.back, {&from, 1}, to});
    EXPECT_TRUE(first == activated) << kernels->lanes;
    EXPECT_TRUE(second == channels_of(whole, o.out, 34, 16)) << kernels->lanes;
  }
}

TEST(Winograd, AddsToScaledValues) {
  const ConvolutionOptions o = layer(20, 32, Epilogue::accumulate_then_activate);
  const Slab s{4, 6, 9, true, true};
  const auto source = numbers(s.depth * s.height * s.width * o.in, 3),
             before = numbers(s.depth_out() * s.height * s.width * o.out, 4), scales = numbers(o.out, 6);
  auto scaled = before;
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scales[i % scales.size()];
  const auto expected = direct(o, s, source, scaled);
  for (const WinogradKernels* kernels : tables()) {
    std::vector<float> got = before;
    const void* const from = source.data();
    void* const to = got.data();
    WinogradConvolution(o, std::make_shared<Arena>(), *kernels)
        .run({s.before, s.depth, s.height, s.width, s.front, s.back, {&from, 1}, {&to, 1}, scales.data()});
    EXPECT_TRUE(test::all_near(got, expected, 2e-5 * std::sqrt(27.0 * 20))) << kernels->lanes;
  }
}

// Of 34 channels, whose last vector overlaps the one before it, in blocks that end within a tile.
TEST(Winograd, SumsItsChannels) {
  const ConvolutionOptions o = layer(16, 34, Epilogue::activate);
  const Slab s{7, 9, 130, true, true, 2};
  const auto source = numbers(s.depth * s.height * s.width * o.in, 3);
  const std::int64_t parts = WinogradConvolution::sums_a_slice(s.height, s.width),
                     voxels = s.height * s.width;
  for (const WinogradKernels* kernels : tables()) {
    std::vector<float> made(static_cast<std::size_t>(s.depth_out() * voxels * o.out)),
        sums(static_cast<std::size_t>(s.depth_out() * parts * o.out),
             std::numeric_limits<float>::quiet_NaN());
    const void* const from = source.data();
    void* const to = made.data();
    WinogradConvolution(o, std::make_shared<Arena>(), *kernels)
        .run({s.before,
              s.depth,
              s.height,
              s.width,
              s.front,
              s.back,
              {&from, 1},
              {&to, 1},
              nullptr,
              sums.data()});
    for (std::int64_t z = 0; z < s.depth_out(); ++z)
      for (std::int64_t c = 0; c < o.out; ++c) {
        double expected = 0, got = 0;
        for (std::int64_t v = 0; v < voxels; ++v)
          expected += double(made[static_cast<std::size_t>((z * voxels + v) * o.out + c)]);
        for (std::int64_t p = 0; p < parts; ++p)
          got += double(sums[static_cast<std::size_t>((z * parts + p) * o.out + c)]);
        EXPECT_NEAR(got, expected, 1e-4 * double(voxels))
            << kernels->lanes << " lanes, slice " << z << ", " << c;
      }
  }
}

TEST(Winograd, LeavesOtherLayersToOneDnn) {
  ConvolutionOptions o = layer(16, 16, Epilogue::none);
  EXPECT_TRUE(WinogradConvolution::suits(o));
  o.group_lag.reset();
  EXPECT_FALSE(WinogradConvolution::suits(o));
  o.group_lag = 0;
  o.kernel_x = 1;
  EXPECT_FALSE(WinogradConvolution::suits(o));
  o = layer(16, 16, Epilogue::none);
  o.source = ValueType::s8;
  EXPECT_FALSE(WinogradConvolution::suits(o));
  EXPECT_FALSE(WinogradConvolution::suits(layer(2, 16, Epilogue::none)));
  const std::int64_t odd = winograd_kernels().lanes + 1;
  EXPECT_FALSE(WinogradConvolution::suits(layer(16, odd, Epilogue::accumulate)));
  o = layer(40, 32, Epilogue::none);
  o.parts = {38, 2};
  EXPECT_FALSE(WinogradConvolution::suits(o));
  o.parts.clear();
  o.outputs = {{30, true}, {2, false}};
  EXPECT_FALSE(WinogradConvolution::suits(o));
}

}  // namespace
}  // namespace anatomynet::inference
