#include "io/dicom/internal/dicom_uid.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <random>

#include "core/checksum.h"

namespace anatomynet::io {
namespace {

using Words = std::array<std::uint32_t, 4>;  // most significant first

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

Words hashed(const std::string& seed) {
  const std::array<std::uint64_t, 2> h{checksum(seed), checksum(seed, 0x9ae16a3b2f90404fu)};
  Words words;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::uint64_t m = mixed(h[k] ^ (h[1 - k] >> 17));
    words[2 * k] = static_cast<std::uint32_t>(m >> 32);
    words[2 * k + 1] = static_cast<std::uint32_t>(m);
  }
  return words;
}

std::string decimal(Words words) {
  std::string digits;
  while (std::any_of(words.begin(), words.end(), [](std::uint32_t w) { return w != 0; })) {
    std::uint64_t remainder = 0;
    for (auto& w : words) {
      const std::uint64_t value = (remainder << 32) | w;
      w = static_cast<std::uint32_t>(value / 10);
      remainder = value % 10;
    }
    digits.push_back(static_cast<char>('0' + remainder));
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::string make_uid(const std::string& seed) {
  Words words;
  if (seed.empty()) {
    std::random_device device;
    for (auto& w : words) w = device();
  } else {
    words = hashed(seed);
  }
  // UUID version 4 (random) or 8 (vendor's own), variant 1
  words[1] = (words[1] & 0xffff0fffu) | (seed.empty() ? 0x4000u : 0x8000u);
  words[2] = (words[2] & 0x3fffffffu) | 0x80000000u;
  return "2.25." + decimal(words);
}

std::string make_uid_for(const std::string& seed, const std::string& role) {
  if (seed.empty()) return make_uid();
  std::string text = seed;
  text += '/';
  text += role;
  return make_uid(text);
}

Timestamp timestamp(bool fixed) {
  if (fixed) return {"20000101", "120000"};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 16> date, time;
  std::strftime(date.data(), date.size(), "%Y%m%d", &local);
  std::strftime(time.data(), time.size(), "%H%M%S", &local);
  return {date.data(), time.data()};
}

}  // namespace anatomynet::io
