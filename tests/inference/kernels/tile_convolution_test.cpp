#include "inference/kernels/amx/tile_convolution.h"

#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>
#include <omp.h>

#include "common/near.h"
#include "inference/kernels/convolution_options.h"

namespace anatomynet::inference {
namespace {

using Type = ValueType;

float rounded(float v) {  // to bf16, ties to even
  std::uint32_t bits = 0;
  std::memcpy(&bits, &v, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&v, &bits, sizeof bits);
  return v;
}

std::vector<std::uint16_t> halves(const std::vector<float>& values) {
  std::vector<std::uint16_t> list;
  for (const float v : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    list.push_back(static_cast<std::uint16_t>(bits >> 16));
  }
  return list;
}

float value_of(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16;
  float v = 0;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

std::vector<float> numbers(std::int64_t n, unsigned seed) {
  std::mt19937 bits(seed);
  std::normal_distribution<float> value;
  std::vector<float> list(static_cast<std::size_t>(n));
  for (float& v : list) v = rounded(value(bits));
  return list;
}

struct Slab {
  std::int64_t depth, height, width;
  bool front, back;
  std::int64_t depth_out() const { return depth + front + back - 2; }
};

ConvolutionOptions layer(std::vector<std::int64_t> parts, std::int64_t out, Epilogue epilogue,
                         Type destination = Type::bf16, std::int64_t kernel_x = 3) {
  ConvolutionOptions o;
  for (const std::int64_t c : parts) o.in += c;
  o.parts = std::move(parts);
  o.out = out;
  o.kernel_x = kernel_x;
  o.source = Type::bf16;
  o.destination = destination;
  o.weights = numbers(9 * kernel_x * o.in * out, 1);
  o.bias = numbers(out, 2);
  o.epilogue = epilogue;
  o.slope = 0.01f;
  return o;
}

// The sum as it is written down, in double. `sources`: a list a part.
std::vector<double> direct(const ConvolutionOptions& o, const Slab& s,
                           const std::vector<std::vector<float>>& sources, const std::vector<float>& before,
                           const std::vector<float>& scales = {}) {
  std::vector<double> to(before.begin(), before.end());
  for (std::int64_t z = 0; z < (o.kernel == 1 ? s.depth : s.depth_out()); ++z)
    for (std::int64_t y = 0; y < s.height; ++y)
      for (std::int64_t x = 0; x < s.width; ++x)
        for (std::int64_t c = 0; c < o.out; ++c) {
          double sum = o.bias[static_cast<std::size_t>(c)];
          const std::int64_t taps = o.kernel * o.kernel * o.kernel_x;
          for (std::int64_t k = 0; k < taps; ++k) {
            const std::int64_t sz = z - (o.kernel == 1 ? 0 : s.front) + k / (o.kernel * o.kernel_x),
                               sy = y - o.kernel / 2 + k / o.kernel_x % o.kernel,
                               sx = x - o.kernel_x / 2 + k % o.kernel_x;
            if (sz < 0 || sz >= s.depth || sy < 0 || sy >= s.height || sx < 0 || sx >= s.width) continue;
            std::int64_t first = 0;
            for (std::size_t p = 0; p < sources.size(); first += o.parts[p], ++p)
              for (std::int64_t i = 0; i < o.parts[p]; ++i)
                sum += double(sources[p][static_cast<std::size_t>(
                           ((sz * s.height + sy) * s.width + sx) * o.parts[p] + i)]) *
                       double(o.weights[static_cast<std::size_t>((c * o.in + first + i) * taps + k)]);
          }
          double& value = to[static_cast<std::size_t>(((z * s.height + y) * s.width + x) * o.out + c)];
          const bool adds =
              o.epilogue == Epilogue::accumulate || o.epilogue == Epilogue::accumulate_then_activate;
          const double share = scales.empty() ? 1 : double(scales[static_cast<std::size_t>(c)]);
          value = adds ? share * value + sum : sum;
          if (o.epilogue != Epilogue::none && o.epilogue != Epilogue::accumulate)
            value = std::max(value, double(o.slope) * value);
        }
  return to;
}

// Every set of kernels that this machine runs: the plain ones, which stand for AMX everywhere, and AMX.
class Tiles : public ::testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (GetParam() > cpu_isa()) GTEST_SKIP() << "this CPU has no tiles (AMX)";
  }
  TileConvolution convolution(const ConvolutionOptions& o) const {
    return {o, std::make_shared<Arena>(), GetParam()};
  }
  std::vector<float> computed(const ConvolutionOptions& o, const Slab& s,
                              const std::vector<std::vector<float>>& sources,
                              const std::vector<float>& before) const;
  void expect_direct(const ConvolutionOptions& o, const Slab& s) const;
};

INSTANTIATE_TEST_SUITE_P(Isa, Tiles, ::testing::Values(Isa::generic, Isa::amx),
                         [](const auto& isa) { return std::string(name_of(isa.param)); });

std::vector<float> Tiles::computed(const ConvolutionOptions& o, const Slab& s,
                                   const std::vector<std::vector<float>>& sources,
                                   const std::vector<float>& before) const {
  std::vector<std::vector<std::uint16_t>> given;
  std::vector<const void*> at;
  for (const auto& source : sources) given.push_back(halves(source));
  for (const auto& source : given) at.push_back(source.data());
  const TileConvolution layer = convolution(o);
  std::vector<float> to = before;
  if (o.destination == Type::f32) {
    layer.run({s.depth, s.height, s.width, s.front, s.back, at, to.data()});
    return to;
  }
  std::vector<std::uint16_t> made = halves(before);
  layer.run({s.depth, s.height, s.width, s.front, s.back, at, made.data()});
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = value_of(made[i]);
  return to;
}

std::vector<std::vector<float>> sources_of(const ConvolutionOptions& o, const Slab& s) {
  std::vector<std::vector<float>> list;
  for (const std::int64_t c : o.parts)
    list.push_back(numbers(s.depth * s.height * s.width * c, 3 + static_cast<unsigned>(list.size())));
  return list;
}

void Tiles::expect_direct(const ConvolutionOptions& o, const Slab& s) const {
  const auto sources = sources_of(o, s);
  const auto before = numbers(s.depth_out() * s.height * s.width * o.out, 9);
  const auto expected = direct(o, s, sources, before);
  const auto got = computed(o, s, sources, before);
  const double typical = std::sqrt(27.0 * double(o.in));
  for (std::size_t i = 0; i < got.size(); ++i) {
    // Sums in fp32, then half a unit in the last of bf16's eight places.
    const double near = 2e-6 * typical + (o.destination == Type::bf16 ? std::abs(expected[i]) / 256 : 0);
    ASSERT_NEAR(double(got[i]), expected[i], near)
        << i << ": " << o.in << " to " << o.out << ", " << s.depth << ' ' << s.height << ' ' << s.width;
  }
}

TEST_P(Tiles, GiveTheSumThatTheyStandFor) {
  for (const auto& [in, out] :
       {std::pair{16, 16}, {28, 28}, {32, 32}, {34, 34}, {66, 32}, {17, 49}, {40, 80}, {3, 5}, {1, 1}})
    for (const Slab& s : {Slab{3, 4, 4, false, false}, {3, 5, 7, true, true}, {2, 9, 61, true, false}}) {
      expect_direct(layer({in}, out, Epilogue::activate), s);
      expect_direct(layer({in}, out, Epilogue::none, Type::f32), s);
      expect_direct(layer({in}, out, Epilogue::none, Type::f32, 1), s);
    }
}

TEST_P(Tiles, SumSeveralSources) {
  for (const Slab& s : {Slab{3, 5, 7, true, true}, {4, 17, 40, false, true}}) {
    expect_direct(layer({34, 32}, 32, Epilogue::activate), s);
    expect_direct(layer({16, 16}, 16, Epilogue::activate), s);
    expect_direct(layer({5, 1, 20}, 34, Epilogue::none), s);
  }
}

TEST_P(Tiles, TakeSlabsAndRowsOfOne) {
  for (const Slab& s : {Slab{1, 1, 1, true, true},
                        {1, 3, 130, true, true},
                        {2, 300, 1, true, true},
                        {2, 2, 2, false, true},
                        {7, 1, 5, false, false}})
    expect_direct(layer({16}, 32, Epilogue::none), s);
}

TEST_P(Tiles, AddToWhatIsThere) {
  for (const Epilogue e : {Epilogue::accumulate, Epilogue::accumulate_then_activate})
    for (const std::int64_t out : {16, 34}) expect_direct(layer({20}, out, e), {4, 6, 9, true, true});
}

ConvolutionOptions product(std::vector<std::int64_t> parts, std::int64_t out, Epilogue epilogue) {
  ConvolutionOptions o = layer(std::move(parts), out, epilogue);
  o.kernel = o.kernel_x = 1;
  o.weights = numbers(o.in * out, 1);
  return o;
}

// As a residual block's shortcut is added: activation(scale x what is there + shortcut).
TEST_P(Tiles, ScaleWhatIsThere) {
  const Slab s{3, 11, 37, false, false};
  for (const std::int64_t out : {32, 34}) {
    const ConvolutionOptions o = product({34, 32}, out, Epilogue::accumulate_then_activate);
    const auto sources = sources_of(o, s);
    const auto before = numbers(s.depth * s.height * s.width * out, 9);
    std::vector<float> scales = numbers(out, 10);
    const auto expected = direct(o, s, sources, before, scales);
    scales.resize(static_cast<std::size_t>(out + 32));
    std::vector<std::vector<std::uint16_t>> given;
    std::vector<const void*> at;
    for (const auto& source : sources) given.push_back(halves(source));
    for (const auto& source : given) at.push_back(source.data());
    std::vector<std::uint16_t> made = halves(before);
    TileRun run{s.depth, s.height, s.width, false, false, at, made.data()};
    run.accumulate_from = scales.data();
    convolution(o).run(run);
    for (std::size_t i = 0; i < made.size(); ++i)
      ASSERT_NEAR(double(value_of(made[i])), expected[i], std::abs(expected[i]) / 256 + 1e-4) << i;
  }
}

// Each row's totals are of the values before they are rounded, whatever the block that the row lies in.
TEST_P(Tiles, GiveTotalsOfRows) {
  const Slab s{4, 37, 45, true, false};
  for (const std::int64_t out : {16, 32, 34}) {
    const ConvolutionOptions o = layer({20}, out, Epilogue::none);
    const auto sources = sources_of(o, s);
    const std::vector<float> empty(static_cast<std::size_t>(s.depth_out() * s.height * s.width * out));
    const auto expected = direct(o, s, sources, empty);
    const auto given = halves(sources[0]);
    std::vector<std::uint16_t> made(empty.size());
    std::vector<float> sums(static_cast<std::size_t>(s.depth_out() * s.height * out), 77.0f);
    const void* const at = given.data();
    TileRun run{s.depth, s.height, s.width, s.front, s.back, {&at, 1}, made.data()};
    run.channel_sums = sums.data();
    convolution(o).run(run);
    for (std::size_t row = 0; row < sums.size() / static_cast<std::size_t>(out); ++row)
      for (std::size_t c = 0; c < static_cast<std::size_t>(out); ++c) {
        double total = 0;
        for (std::size_t x = 0; x < 45; ++x)
          total += expected[(row * 45 + x) * static_cast<std::size_t>(out) + c];
        ASSERT_NEAR(double(sums[row * static_cast<std::size_t>(out) + c]), total, 2e-3) << row << ' ' << c;
      }
  }
}

// As logits are written: a plane a class, without the rows and columns that only fill up to an even size.
TEST_P(Tiles, TakeApartAndCut) {
  const Slab s{3, 18, 40, true, true};
  for (const std::int64_t out : {2, 7, 16, 21}) {
    const ConvolutionOptions o = layer({16}, out, Epilogue::none, Type::f32);
    const auto sources = sources_of(o, s);
    const std::vector<float> empty(static_cast<std::size_t>(s.depth * s.height * s.width * out));
    const auto expected = direct(o, s, sources, empty);
    const auto given = halves(sources[0]);
    const std::int64_t height = 17, width = 39, plane = s.depth * height * width;
    std::vector<float> made(static_cast<std::size_t>(out * plane) + 1, 77.0f);
    const void* const at = given.data();
    TileRun run{s.depth, s.height, s.width, s.front, s.back, {&at, 1}, made.data()};
    run.plane = plane;
    run.wanted_height = height;
    run.wanted_width = width;
    convolution(o).run(run);
    for (std::int64_t c = 0; c < out; ++c)
      for (std::int64_t i = 0; i < plane; ++i) {
        const std::int64_t z = i / (height * width), y = i / width % height, x = i % width;
        ASSERT_NEAR(double(made[static_cast<std::size_t>(c * plane + i)]),
                    expected[static_cast<std::size_t>(((z * s.height + y) * s.width + x) * out + c)], 1e-3)
            << c << ' ' << i;
      }
    EXPECT_EQ(made.back(), 77.0f);
  }
}

TEST_P(Tiles, RaiseToTwiceTheSize) {
  const Slab s{2, 5, 19, false, false};
  for (const std::int64_t channels : {1, 5, 16, 20}) {
    ConvolutionOptions o = product({28, 8}, 8 * channels, Epilogue::none);
    o.upsample_2x = true;
    const auto sources = sources_of(o, s);
    const std::vector<float> empty(static_cast<std::size_t>(s.depth * s.height * s.width * o.out));
    const auto expected = direct(o, s, sources, empty), got = [&] {
      const std::vector<float> made = computed(o, s, sources, empty);
      return std::vector<double>(made.begin(), made.end());
    }();
    for (std::int64_t z = 0; z < 2 * s.depth; ++z)
      for (std::int64_t y = 0; y < 2 * s.height; ++y)
        for (std::int64_t x = 0; x < 2 * s.width; ++x)
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t from = ((z / 2 * s.height + y / 2) * s.width + x / 2) * o.out +
                                      (z % 2 * 4 + y % 2 * 2 + x % 2) * channels + c;
            const double wanted = expected[static_cast<std::size_t>(from)];
            ASSERT_NEAR(
                got[static_cast<std::size_t>(((z * 2 * s.height + y) * 2 * s.width + x) * channels + c)],
                wanted, std::abs(wanted) / 256 + 1e-4)
                << channels << ": " << z << ' ' << y << ' ' << x << ' ' << c;
          }
  }
}

// Sums of integers are exact, so what is left is the rounding of the result.
TEST_P(Tiles, MultiplyIntegers) {
  std::mt19937 bits(6);
  std::uniform_int_distribution<int> whole(-127, 127);
  for (const Slab& s : {Slab{3, 9, 61, true, true}, {2, 4, 5, true, false}})
    for (const auto& [in, out] : {std::pair{32, 32}, {34, 34}, {66, 32}, {7, 5}})
      for (const Type to : {Type::s8, Type::bf16}) {
        ConvolutionOptions o = layer({in}, out, Epilogue::activate, to);
        o.source = Type::s8;
        o.source_step = 0.02;
        o.destination_step = to == Type::s8 ? 0.9 : 1;
        std::vector<std::int8_t> source(static_cast<std::size_t>(s.depth * s.height * s.width * in));
        for (auto& v : source) v = static_cast<std::int8_t>(whole(bits));
        ConvolutionOptions rounded = o;  // weights as multiples of their steps
        const std::vector<float> steps = weight_steps(o);
        for (std::size_t i = 0; i < o.weights.size(); ++i) {
          const float step = steps[i / (o.weights.size() / steps.size())];
          rounded.weights[i] = static_cast<float>(std::lround(o.weights[i] / step)) * step;
        }
        std::vector<float> values;
        for (const std::int8_t v : source) values.push_back(static_cast<float>(v * o.source_step));
        const std::vector<float> empty(static_cast<std::size_t>(s.depth_out() * s.height * s.width * out));
        const auto expected = direct(rounded, s, {values}, empty);
        const void* const at = source.data();
        const TileConvolution product = convolution(o);
        std::vector<std::uint16_t> made(empty.size());
        std::vector<std::int8_t> integers(empty.size());
        product.run({s.depth,
                     s.height,
                     s.width,
                     s.front,
                     s.back,
                     {&at, 1},
                     to == Type::s8 ? static_cast<void*>(integers.data()) : made.data()});
        for (std::size_t i = 0; i < empty.size(); ++i)
          if (to == Type::s8) {
            ASSERT_NEAR(double(integers[i]), std::clamp(expected[i] / 0.9, -127.0, 127.0), 0.501) << i;
          } else {
            ASSERT_NEAR(double(value_of(made[i])), expected[i], std::abs(expected[i]) / 256 + 1e-4) << i;
          }
      }
}

TEST_P(Tiles, GiveTheSameBitsInAnySlabAndOnAnyNumberOfThreads) {
  const ConvolutionOptions o = layer({34, 6}, 34, Epilogue::activate);
  const Slab whole{9, 33, 70, true, true};
  const std::int64_t area = whole.height * whole.width;
  const auto sources = sources_of(o, whole);
  const std::vector<float> empty(static_cast<std::size_t>(whole.depth * area * o.out));
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto expected = computed(o, whole, sources, empty);
  for (const int threads : {2, 7, 40}) {
    omp_set_num_threads(threads);
    const auto got = computed(o, whole, sources, empty);
    const auto differs = std::mismatch(got.begin(), got.end(), expected.begin()).first - got.begin();
    EXPECT_EQ(differs, std::int64_t(got.size())) << threads;
  }
  omp_set_num_threads(before);
  std::vector<std::vector<float>> part;
  for (std::size_t p = 0; p < sources.size(); ++p)
    part.emplace_back(sources[p].begin() + 2 * area * o.parts[p], sources[p].begin() + 7 * area * o.parts[p]);
  const std::vector<float> room(static_cast<std::size_t>(3 * area * o.out));
  const auto got = computed(o, {5, whole.height, whole.width, false, false}, part, room);
  EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin() + 3 * area * o.out));
}

TEST(TileConvolution, LeavesOtherLayersToOneDnn) {
  ConvolutionOptions o = layer({16}, 16, Epilogue::none);
  EXPECT_TRUE(TileConvolution::suits(o));
  o.source = Type::f32;
  EXPECT_FALSE(TileConvolution::suits(o));
  o = layer({16}, 16, Epilogue::none);
  o.kernel = 5;
  EXPECT_FALSE(TileConvolution::suits(o));
}

// The plain kernels add in AMX's order, so that only what AMX does to the smallest numbers is between them.
TEST(TileConvolution, PlainKernelsGiveWhatAmxGives) {
  if (cpu_isa() < Isa::amx) GTEST_SKIP() << "this CPU has no tiles (AMX)";
  const Slab s{3, 9, 61, true, true};
  const ConvolutionOptions o = layer({34, 32}, 34, Epilogue::activate, Type::f32);
  const auto sources = sources_of(o, s);
  const auto first = halves(sources[0]), second = halves(sources[1]);
  const std::vector<const void*> at{first.data(), second.data()};
  std::vector<float> plain(static_cast<std::size_t>(s.depth_out() * s.height * s.width * o.out)), amx = plain;
  for (const auto& [isa, to] : {std::pair{Isa::generic, &plain}, {Isa::amx, &amx}})
    TileConvolution(o, std::make_shared<Arena>(), isa)
        .run({s.depth, s.height, s.width, s.front, s.back, at, to->data()});
  EXPECT_TRUE(test::all_near(plain, amx, [&](std::size_t i) { return 1e-6 + 1e-6 * std::abs(amx[i]); }));
}

}  // namespace
}  // namespace anatomynet::inference
