#include "inference/tile_convolution.h"

#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>
#include <omp.h>

#include "inference/cpu.h"
#include "inference/dnnl_convolution.h"

namespace anatomynet {
namespace {

using Type = dnnl::memory::data_type;

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
                           const std::vector<std::vector<float>>& sources, const std::vector<float>& before) {
  std::vector<double> to(before.begin(), before.end());
  for (std::int64_t z = 0; z < s.depth_out(); ++z)
    for (std::int64_t y = 0; y < s.height; ++y)
      for (std::int64_t x = 0; x < s.width; ++x)
        for (std::int64_t c = 0; c < o.out; ++c) {
          double sum = o.bias[static_cast<std::size_t>(c)];
          for (std::int64_t k = 0; k < 9 * o.kernel_x; ++k) {
            const std::int64_t sz = z - s.front + k / (3 * o.kernel_x), sy = y - 1 + k / o.kernel_x % 3,
                               sx = x - o.kernel_x / 2 + k % o.kernel_x;
            if (sz < 0 || sz >= s.depth || sy < 0 || sy >= s.height || sx < 0 || sx >= s.width) continue;
            std::int64_t first = 0;
            for (std::size_t p = 0; p < sources.size(); first += o.parts[p], ++p)
              for (std::int64_t i = 0; i < o.parts[p]; ++i)
                sum += double(sources[p][static_cast<std::size_t>(
                           ((sz * s.height + sy) * s.width + sx) * o.parts[p] + i)]) *
                       double(o.weights[static_cast<std::size_t>((c * o.in + first + i) * 9 * o.kernel_x + k)]);
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

std::vector<float> computed(const ConvolutionOptions& o, const Slab& s,
                            const std::vector<std::vector<float>>& sources, const std::vector<float>& before) {
  std::vector<std::vector<std::uint16_t>> given;
  std::vector<const void*> at;
  for (const auto& source : sources) given.push_back(halves(source));
  for (const auto& source : given) at.push_back(source.data());
  const TileConvolution convolution(o, std::make_shared<Scratch>());
  std::vector<float> to = before;
  if (o.destination == Type::f32) {
    convolution.run({s.depth, s.height, s.width, s.front, s.back, at, to.data()});
    return to;
  }
  std::vector<std::uint16_t> made = halves(before);
  convolution.run({s.depth, s.height, s.width, s.front, s.back, at, made.data()});
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = value_of(made[i]);
  return to;
}

std::vector<std::vector<float>> sources_of(const ConvolutionOptions& o, const Slab& s) {
  std::vector<std::vector<float>> list;
  for (const std::int64_t c : o.parts)
    list.push_back(numbers(s.depth * s.height * s.width * c, 3 + static_cast<unsigned>(list.size())));
  return list;
}

void expect_direct(const ConvolutionOptions& o, const Slab& s) {
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

class Tiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cpu_has_tiles()) GTEST_SKIP() << "this CPU has no tiles (AMX)";
  }
};

TEST_F(Tiles, GiveTheSumThatTheyStandFor) {
  for (const auto& [in, out] :
       {std::pair{16, 16}, {28, 28}, {32, 32}, {34, 34}, {66, 32}, {17, 49}, {40, 80}, {3, 5}, {1, 1}})
    for (const Slab& s : {Slab{3, 4, 4, false, false}, {3, 5, 7, true, true}, {2, 9, 61, true, false}}) {
      expect_direct(layer({in}, out, Epilogue::activate), s);
      expect_direct(layer({in}, out, Epilogue::none, Type::f32), s);
      expect_direct(layer({in}, out, Epilogue::none, Type::f32, 1), s);
    }
}

TEST_F(Tiles, SumSeveralSources) {
  for (const Slab& s : {Slab{3, 5, 7, true, true}, {4, 17, 40, false, true}}) {
    expect_direct(layer({34, 32}, 32, Epilogue::activate), s);
    expect_direct(layer({16, 16}, 16, Epilogue::activate), s);
    expect_direct(layer({5, 1, 20}, 34, Epilogue::none), s);
  }
}

TEST_F(Tiles, TakeSlabsAndRowsOfOne) {
  for (const Slab& s : {Slab{1, 1, 1, true, true},
                        {1, 3, 130, true, true},
                        {2, 300, 1, true, true},
                        {2, 2, 2, false, true},
                        {7, 1, 5, false, false}})
    expect_direct(layer({16}, 32, Epilogue::none), s);
}

TEST_F(Tiles, AddToWhatIsThere) {
  for (const Epilogue e : {Epilogue::accumulate, Epilogue::accumulate_then_activate})
    for (const std::int64_t out : {16, 34}) expect_direct(layer({20}, out, e), {4, 6, 9, true, true});
}

TEST_F(Tiles, GiveTheSameBitsInAnySlabAndOnAnyNumberOfThreads) {
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

TEST_F(Tiles, LeaveOtherLayersToOneDnn) {
  ConvolutionOptions o = layer({16}, 16, Epilogue::none);
  EXPECT_TRUE(TileConvolution::suits(o));
  o.source = Type::f32;
  EXPECT_FALSE(TileConvolution::suits(o));
  o = layer({16}, 16, Epilogue::none);
  o.kernel = 5;
  EXPECT_FALSE(TileConvolution::suits(o));
}

}  // namespace
}  // namespace anatomynet
