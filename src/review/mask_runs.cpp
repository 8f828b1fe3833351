#include "review/mask_runs.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <openssl/evp.h>

#include "core/error.h"

namespace anatomynet::review {
namespace {

using evaluation::BoxedMask;

static_assert(std::endian::native == std::endian::little, "runs go out as they lie in memory");

constexpr std::int64_t longest_run = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::input, "runs: " + why); }

/// Collects runs of voxels given in order.
class RunWriter {
 public:
  void add(bool inside, std::int64_t count) {
    if (count == 0) return;
    if (inside == inside_) {
      length_ += count;
    } else {
      put();
      inside_ = inside;
      length_ = count;
    }
  }
  Runs end() {
    put();
    return std::move(runs_);
  }

 private:
  void put() {
    while (length_ > longest_run) {  // longer than a number can tell: in two, with nothing between
      runs_.push_back(static_cast<std::uint32_t>(longest_run));
      runs_.push_back(0);
      length_ -= longest_run;
    }
    runs_.push_back(static_cast<std::uint32_t>(length_));
  }
  Runs runs_;
  bool inside_ = false;
  std::int64_t length_ = 0;
};

void check_total(std::span<const std::uint32_t> runs, std::int64_t voxels) {
  std::int64_t total = 0;
  for (const std::uint32_t run : runs) {
    total += run;
    if (total > voxels) break;
  }
  if (total != voxels)
    refuse("they hold " + std::string(total > voxels ? "more" : "fewer") + " than the " +
           std::to_string(voxels) + " voxels of their box");
}

std::uint8_t* row_of(BoxedMask& mask, std::int64_t y, std::int64_t z) {
  return mask.voxels.data() +
         static_cast<std::size_t>(((z - mask.low[2]) * mask.size[1] + (y - mask.low[1])) * mask.size[0]);
}
const std::uint8_t* row_of(const BoxedMask& mask, std::int64_t y, std::int64_t z) {
  return row_of(const_cast<BoxedMask&>(mask), y, z);
}

// The same voxels in another box, which holds all of them or a part.
BoxedMask in_box(const BoxedMask& mask, const LabelBox& box) {
  BoxedMask out;
  out.grid = mask.grid;
  out.low = box.low;
  out.size = box.size;
  out.voxels.assign(static_cast<std::size_t>(box.size[0] * box.size[1] * box.size[2]), 0);
  Size3 low{}, end{};
  for (std::size_t k = 0; k < 3; ++k) {
    low[k] = std::max(mask.low[k], box.low[k]);
    end[k] = std::min(mask.low[k] + mask.size[k], box.low[k] + box.size[k]);
    if (low[k] >= end[k]) return out;
  }
  for (std::int64_t z = low[2]; z < end[2]; ++z)
    for (std::int64_t y = low[1]; y < end[1]; ++y)
      std::copy_n(row_of(mask, y, z) + (low[0] - mask.low[0]), end[0] - low[0],
                  row_of(out, y, z) + (low[0] - box.low[0]));
  return out;
}

// With a tight box and its count.
BoxedMask tightened(const BoxedMask& mask) {
  Size3 low = mask.size, last{-1, -1, -1};
  std::int64_t count = 0;
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y) {
      const std::uint8_t* const row = row_of(mask, mask.low[1] + y, mask.low[2] + z);
      const std::uint8_t* const end = row + mask.size[0];
      const std::uint8_t* const first = std::find(row, end, 1);
      if (first == end) continue;
      const std::uint8_t* final = end - 1;
      while (*final == 0) --final;
      count += std::count(first, final + 1, 1);
      low = {std::min(low[0], first - row), std::min(low[1], y), std::min(low[2], z)};
      last = {std::max(last[0], final - row), std::max(last[1], y), std::max(last[2], z)};
    }
  BoxedMask out;
  out.grid = mask.grid;
  if (count == 0) return out;
  LabelBox box;
  for (std::size_t k = 0; k < 3; ++k) {
    box.low[k] = mask.low[k] + low[k];
    box.size[k] = last[k] - low[k] + 1;
  }
  out = in_box(mask, box);
  out.count = count;
  return out;
}

// Calls use(begin, end) for each stretch inside, in voxels of a box.
template <class Use>
void each_inside(std::span<const std::uint32_t> runs, Use use) {
  std::int64_t at = 0;
  for (std::size_t i = 0; i < runs.size(); at += runs[i++])
    if (i % 2 == 1 && runs[i] > 0) use(at, at + runs[i]);
}

}  // namespace

Runs runs_of(const BoxedMask& mask) {
  const Size3& n = mask.grid.size;
  RunWriter out;
  std::int64_t at = 0;
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y) {
      const std::int64_t begin = ((mask.low[2] + z) * n[1] + mask.low[1] + y) * n[0] + mask.low[0];
      out.add(false, begin - at);
      const std::uint8_t* const row = row_of(mask, mask.low[1] + y, mask.low[2] + z);
      for (std::int64_t x = 0; x < mask.size[0];) {
        const std::uint8_t value = row[x];
        const std::uint8_t* const other = std::find(row + x, row + mask.size[0], value == 0 ? 1 : 0);
        out.add(value != 0, other - row - x);
        x = other - row;
      }
      at = begin + mask.size[0];
    }
  out.add(false, mask.grid.voxel_count() - at);
  return out.end();
}

Runs runs_of(std::span<const std::uint8_t> voxels) {
  RunWriter out;
  for (auto at = voxels.begin(); at != voxels.end();) {
    const auto other = std::find(at, voxels.end(), *at == 0 ? 1 : 0);
    out.add(*at != 0, other - at);
    at = other;
  }
  return out.end();
}

BoxedMask mask_of(const Grid& grid, std::span<const std::uint32_t> runs) {
  check_total(runs, grid.voxel_count());
  const Size3& n = grid.size;
  Size3 low = n, last{-1, -1, -1};
  each_inside(runs, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first_row = begin / n[0], last_row = (end - 1) / n[0];
    const bool one_row = first_row == last_row;
    low[0] = std::min(low[0], one_row ? begin % n[0] : 0);
    last[0] = std::max(last[0], one_row ? (end - 1) % n[0] : n[0] - 1);
    const std::int64_t first_slice = first_row / n[1], last_slice = last_row / n[1];
    const bool one_slice = first_slice == last_slice;
    low[1] = std::min(low[1], one_slice ? first_row % n[1] : 0);
    last[1] = std::max(last[1], one_slice ? last_row % n[1] : n[1] - 1);
    low[2] = std::min(low[2], first_slice);
    last[2] = std::max(last[2], last_slice);
  });
  BoxedMask out;
  out.grid = grid;
  if (last[0] < 0) return out;
  out.low = low;
  for (std::size_t k = 0; k < 3; ++k) out.size[k] = last[k] - low[k] + 1;
  out.voxels.assign(static_cast<std::size_t>(out.size[0] * out.size[1] * out.size[2]), 0);
  each_inside(runs, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {  // row by row
      const std::int64_t row = begin / n[0], x = begin % n[0], count = std::min(end - begin, n[0] - x);
      std::fill_n(row_of(out, row % n[1], row / n[1]) + (x - low[0]), count, 1);
      out.count += count;
      begin += count;
    }
  });
  return tightened(out);  // a stretch over several rows has made the box too wide
}

BoxedMask replaced(const BoxedMask& mask, const LabelBox& box, std::span<const std::uint32_t> runs) {
  for (std::size_t k = 0; k < 3; ++k)
    if (box.low[k] < 0 || box.size[k] < 1 || box.low[k] > mask.grid.size[k] - box.size[k])
      refuse("their box is empty or leaves the volume (" + describe(mask.grid) + ")");
  check_total(runs, box.size[0] * box.size[1] * box.size[2]);
  LabelBox both = box;
  if (!mask.empty())
    for (std::size_t k = 0; k < 3; ++k) {
      both.low[k] = std::min(mask.low[k], box.low[k]);
      both.size[k] = std::max(mask.low[k] + mask.size[k], box.low[k] + box.size[k]) - both.low[k];
    }
  BoxedMask out = in_box(mask, both);
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      std::fill_n(row_of(out, y, z) + (box.low[0] - both.low[0]), box.size[0], 0);
  each_inside(runs, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t row = begin / box.size[0], x = begin % box.size[0],
                         count = std::min(end - begin, box.size[0] - x);
      std::fill_n(row_of(out, box.low[1] + row % box.size[1], box.low[2] + row / box.size[1]) +
                      (box.low[0] - both.low[0] + x),
                  count, 1);
      begin += count;
    }
  });
  return tightened(out);
}

std::string bytes_of(std::span<const std::uint32_t> runs) {
  return {reinterpret_cast<const char*>(runs.data()), runs.size_bytes()};
}

Runs runs_from_bytes(std::string_view bytes) {
  if (bytes.size() % sizeof(std::uint32_t) != 0) refuse("their bytes are no whole numbers of 32 bits");
  Runs runs(bytes.size() / sizeof(std::uint32_t));
  std::memcpy(runs.data(), bytes.data(), bytes.size());
  return runs;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // with the zero that OpenSSL adds
  const int made =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(made));
  return text;
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t filling = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (text.size() % 4 != 0 || text.size() > std::size_t(std::numeric_limits<int>::max()) ||
      text.substr(0, text.size() - filling).find_first_not_of(alphabet) != text.npos)
    refuse("they are no base64");
  std::string bytes(text.size() / 4 * 3, '\0');
  const int made =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (made != static_cast<int>(bytes.size())) refuse("they are no base64");
  bytes.resize(bytes.size() - filling);
  return bytes;
}

}  // namespace anatomynet::review
