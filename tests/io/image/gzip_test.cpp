#include "io/image/internal/gzip.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

namespace anatomynet::io {
namespace {

// By zlib's own reader, which checks sum and length.
std::string unpacked(const std::string& packed, std::size_t size) {
  std::string out(size + 1, '?');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << size;
  EXPECT_EQ(stream.avail_in, 0u) << "something behind the member";
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string packed(const std::string& bytes) {
  return gzip(bytes.size(), [&](std::size_t at, std::span<char> to) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
  });
}

TEST(Gzip, GivesBackWhatItWasGiven) {
  constexpr std::size_t chunk = 1 << 18;
  std::mt19937 random(1);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 4 * chunk + 17})
    for (const int kind : {0, 1, 2}) {  // zeros; noise; noise in the second chunk alone
      std::string bytes(size, '\0');
      for (std::size_t i = 0; i < size; ++i)
        if (kind == 1 || (kind == 2 && i / chunk == 1)) bytes[i] = static_cast<char>(random());
      EXPECT_TRUE(unpacked(packed(bytes), size) == bytes) << size << ' ' << kind;
    }
}

TEST(Gzip, KeepsZerosSmall) {
  const std::string zeros(100 << 20, '\0');
  const std::string file = packed(zeros);
  EXPECT_LT(file.size(), zeros.size() / 200);
  EXPECT_TRUE(unpacked(file, zeros.size()) == zeros);
}

}  // namespace
}  // namespace anatomynet::io
