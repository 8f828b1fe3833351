#include "dataset/ct_codec.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "common/refusal.h"

namespace anatomynet::dataset {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<std::int16_t> random_voxels(const Size3& size, int low, int high, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int16_t> out(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (auto& v : out)
    v = static_cast<std::int16_t>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  return out;
}

// A round body with a smooth gradient and noise, in air: what a CT looks like to a predictor.
std::vector<std::int16_t> body(const Size3& size, double noise) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal(0, noise);
  std::vector<std::int16_t> out;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const double r = std::hypot(double(x) / double(size[0]) - 0.5, double(y) / double(size[1]) - 0.5);
        const double hu = r > 0.4 ? -1000 : r > 0.36 ? 800 : 40 + 30 * std::sin(0.1 * double(x + y + z));
        out.push_back(static_cast<std::int16_t>(std::lround(hu + (r > 0.4 ? 0 : normal(random)))));
      }
  return out;
}

TEST(CtCodec, ComesBackVoxelForVoxel) {
  const Size3 sizes[] = {{1, 1, 1}, {7, 1, 1}, {1, 9, 1}, {1, 1, 11}, {2, 3, 4}, {17, 5, 3}, {5, 17, 23}};
  std::uint64_t seed = 0;
  for (const Size3& size : sizes)
    for (const auto& [low, high] : {std::pair{-32768, 32767}, {-1024, 3071}, {-3, 3}, {-1000, -1000}}) {
      const auto voxels = random_voxels(size, low, high, ++seed);
      EXPECT_EQ(decompress_ct(bytes_of(compress_ct(voxels, size)), size), voxels)
          << size[0] << " x " << size[1] << " x " << size[2] << ", " << low << " to " << high;
    }
}

TEST(CtCodec, ExtremesNextToEachOtherComeBack) {
  const Size3 size{6, 6, 6};
  std::vector<std::int16_t> voxels(216);
  for (std::size_t i = 0; i < voxels.size(); ++i)
    voxels[i] =
        i * 7 % 3 == 0 ? std::numeric_limits<std::int16_t>::min() : std::numeric_limits<std::int16_t>::max();
  EXPECT_EQ(decompress_ct(bytes_of(compress_ct(voxels, size)), size), voxels);
}

// Noise of 8 HU holds log2(8 sqrt(2 pi e)) = 5.05 bits a voxel of the body, half of the box; no codec needs
// fewer, and this one may need a third more for what it does not know of its neighbours' noise.
TEST(CtCodec, IsNotFarFromTheNoise) {
  const Size3 size{100, 80, 60};
  const auto voxels = body(size, 8);
  const double inside = 3.14159 * 0.16, floor_bits = 5.05 * inside;
  const double bits = 8.0 * double(compress_ct(voxels, size).size()) / double(voxels.size());
  EXPECT_GT(bits, floor_bits);
  EXPECT_LT(bits, 1.34 * floor_bits);
  EXPECT_LT(double(compress_ct(body(size, 0), size).size()), 0.05 * double(voxels.size()));
}

TEST(CtCodec, RefusesEveryCutAndOtherSizes) {
  const Size3 size{9, 8, 7};
  const std::string good = compress_ct(random_voxels(size, -1024, 3071, 3), size);
  for (std::size_t n = 0; n < good.size(); ++n)
    test::expect_refused(ErrorKind::input, {"damaged"},
                         [&] { decompress_ct(bytes_of(good.substr(0, n)), size); });
  test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_ct(bytes_of(good + "x"), size); });
  for (const Size3& other : {Size3{9, 8, 6}, Size3{9, 8, 8}, Size3{1, 1, 1}, Size3{0, 8, 7}, Size3{-9, 8, 7}})
    test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_ct(bytes_of(good), other); });
}

// zlib's own checksum finds a changed bit; whatever it does not find must still be no crash.
TEST(CtCodec, SurvivesChangedBits) {
  const Size3 size{9, 8, 7};
  const auto voxels = random_voxels(size, -1024, 3071, 3);
  const std::string good = compress_ct(voxels, size);
  for (std::size_t i = 0; i < good.size() * 8; i += 3) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
    try {
      EXPECT_EQ(decompress_ct(bytes_of(bad), size), voxels) << "bit " << i;
    } catch (const Error& e) {
      EXPECT_EQ(exit_code(e.kind()), 3);
    }
  }
}

// A stream that is whole for zlib but whose lists are not those of a CT.
TEST(CtCodec, RefusesListsThatDoNotFit) {
  const Size3 size{2, 2, 1};
  const auto stream = [](std::vector<std::uint32_t> lengths, std::vector<std::uint8_t> rest) {
    std::vector<std::uint8_t> all(lengths.size() * 4);
    std::memcpy(all.data(), lengths.data(), all.size());
    all.insert(all.end(), rest.begin(), rest.end());
    return compress_bytes(all);
  };
  const auto refused = [&](const std::string& bytes) {
    test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_ct(bytes_of(bytes), size); });
  };
  EXPECT_EQ(decompress_ct(bytes_of(stream({4, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0})), size),
            std::vector<std::int16_t>(4, -1000));
  refused(stream({4, 0, 0}, {}));
  refused(stream({4, 0, 0, 0, 0, 0, 0}, {0, 0, 0}));
  refused(stream({3, 0, 0, 0, 0, 0, 0}, {0, 0, 0}));
  refused(stream({4, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}));
  refused(stream({0xffffffff, 5, 0, 0, 0, 0, 0}, {0, 0, 0, 0}));
  refused(stream({3, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 0}));        // the voxel is of another stream
  refused(stream({4, 0, 0, 0, 0, 0, 0}, {255, 0, 0, 0}));      // an escape without its value
  refused(stream({4, 0, 0, 0, 0, 0, 2}, {0, 0, 0, 0, 1, 1}));  // a value without its escape
}

TEST(CtCodec, RefusesBombsBeforeTheyGoOff) {
  const std::string zeros = compress_bytes(std::vector<std::uint8_t>(8 << 20));
  ASSERT_LT(zeros.size(), 10000u);
  for (const Size3& size : {Size3{10, 10, 10}, Size3{1 << 20, 1 << 20, 1}, Size3{1ll << 62, 1ll << 62, 4},
                            Size3{3037000500, 3037000500, 1}}) {
    test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_ct(bytes_of(zeros), size); });
    test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_bytes(bytes_of(zeros), size); });
  }
}

TEST(CtCodec, BytesComeBack) {
  std::vector<std::uint8_t> labels(30 * 20 * 10);
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = static_cast<std::uint8_t>(i % 600 > 580 ? i % 10 : 0);
  const std::string packed = compress_bytes(labels);
  EXPECT_EQ(decompress_bytes(bytes_of(packed), {30, 20, 10}), labels);
  for (const Size3& other : {Size3{30, 20, 9}, Size3{30, 20, 11}})
    test::expect_refused(ErrorKind::input, {"damaged"}, [&] { decompress_bytes(bytes_of(packed), other); });
}

}  // namespace
}  // namespace anatomynet::dataset
