#include "io/image/image_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/input_file.h"
#include "io/image/internal/image_data.h"
#include "io/image/internal/image_format.h"
#include "io/image/internal/voxel_data.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

Header read_header(const fs::path& named) {
  const fs::path path = header_of_pair(named);
  if (InputFile(path).size() == 0) fail(path, "empty file");
  Header header = [&] {
    switch (format_of(path)) {
      case Format::nifti:
        return read_nifti_header(path);
      case Format::nrrd:
        return read_nrrd_header(path);
      case Format::meta:
        return read_meta_header(path);
      case Format::none:
        break;
    }
    fail(path, "unknown kind of image file; expected .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha or .mhd");
  }();
  header.grid.check(path.string());
  return header;
}

std::string show(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// Calls use(value) with every voxel's value in its order: the stored number where it is not scaled.
template <class T, class Use>
void for_each_value(const Header& h, std::span<const T> stored, Use use) {
  if (h.scaled())
    for (const T v : stored) use(h.slope * static_cast<double>(v) + h.intercept);
  else
    for (const T v : stored) use(v);
}

// HU piece by piece, and what tells whether they are HU at all.
class HuCollector {
 public:
  HuCollector(const Header& header, std::size_t count) : header_(header) { voxels_.reserve(count); }

  template <class T>
  void operator()(std::span<const T> stored) {
    const std::size_t before = voxels_.size();
    voxels_.resize(before + stored.size());
    std::int16_t* out = voxels_.data() + before;
    if constexpr (std::is_same_v<T, std::int16_t>)
      if (!header_.scaled()) return take_hu(stored, out);
    for_each_value(header_, stored, [&](auto value) { *out++ = take(value); });
  }

  std::vector<std::int16_t> finish(const fs::path& path) && {
    if (not_finite_ > 0)
      fail(path, std::to_string(not_finite_) + " voxels are NaN or infinite; expected HU in every voxel");
    require_hu(low_, high_, path.string());
    return std::move(voxels_);
  }

 private:
  // The usual case, fast.
  void take_hu(std::span<const std::int16_t> stored, std::int16_t* out) {
    std::int16_t low = stored[0], high = stored[0];
    for (const std::int16_t v : stored) {
      low = std::min(low, v);
      high = std::max(high, v);
      *out++ = std::max(v, lowest_hu);
    }
    low_ = std::min<double>(low_, low);
    high_ = std::max<double>(high_, high);
  }

  std::int16_t take(auto v) {
    static constexpr double top = std::numeric_limits<std::int16_t>::max();
    const auto value = static_cast<double>(v);
    if (!std::isfinite(value)) {
      ++not_finite_;
      return 0;
    }
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
    return static_cast<std::int16_t>(std::lround(std::clamp<double>(value, lowest_hu, top)));
  }

  const Header& header_;
  std::vector<std::int16_t> voxels_;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
  std::size_t not_finite_ = 0;
};

// Whole numbers from 0 to 255.
class LabelCollector {
 public:
  LabelCollector(const fs::path& path, const Header& header, std::size_t count)
      : path_(path), header_(header) {
    voxels_.reserve(count);
  }

  template <class T>
  void operator()(std::span<const T> stored) {
    const std::size_t before = voxels_.size();
    voxels_.resize(before + stored.size());
    std::uint8_t* out = voxels_.data() + before;
    for_each_value(header_, stored, [&](auto value) { *out++ = take(value); });
  }

  std::vector<std::uint8_t> finish(std::vector<Warning>* warnings) && {
    if (farthest_ > 0 && warnings != nullptr)
      warnings->push_back(
          {"labels-rounded", "labels up to " + show(farthest_) + " off whole numbers were rounded", {path_}});
    return std::move(voxels_);
  }

 private:
  template <class T>
  std::uint8_t take(T v) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      return v;
    } else if constexpr (std::is_integral_v<T>) {
      if (std::cmp_less(v, 0) || std::cmp_greater(v, 255)) refuse(static_cast<double>(v));
      return static_cast<std::uint8_t>(v);
    } else {
      constexpr double tolerance = 1e-3;
      const auto value = static_cast<double>(v), nearest = std::round(value), off = std::abs(value - nearest);
      if (!(off <= tolerance && nearest >= 0 && nearest <= 255)) refuse(value);
      farthest_ = std::max(farthest_, off);
      return static_cast<std::uint8_t>(nearest);
    }
  }
  [[noreturn]] void refuse(double value) const {
    fail(path_, "voxel value " + show(value) + " is no label; expected whole numbers from 0 to 255");
  }

  const fs::path& path_;
  const Header& header_;
  std::vector<std::uint8_t> voxels_;
  double farthest_ = 0;
};

// What the header and the voxels were said of, with the file's name.
std::vector<Warning> warnings_of(const fs::path& path, const Header& header, const VoxelStream& stream) {
  std::vector<Warning> all = header.warnings;
  all.insert(all.end(), stream.warnings().begin(), stream.warnings().end());
  for (Warning& warning : all) warning.files = {path};
  return all;
}

}  // namespace

CtImage read_image_ct(const fs::path& path) {
  const Header header = read_header(path);
  VoxelStream stream(path, header);
  HuCollector collector(header, stream.count());
  for_each_piece(stream, header.type, std::ref(collector));
  CtImage image;
  image.source = path.string();
  image.volume.grid = header.grid;
  image.volume.voxels = std::move(collector).finish(path);
  image.warnings = warnings_of(path, header, stream);
  return image;
}

LabelVolume read_labels(const fs::path& path, std::vector<Warning>* warnings) {
  const Header header = read_header(path);
  VoxelStream stream(path, header);
  LabelCollector collector(path, header, stream.count());
  for_each_piece(stream, header.type, std::ref(collector));
  LabelVolume labels;
  labels.grid = header.grid;
  labels.voxels = std::move(collector).finish(warnings);
  if (warnings != nullptr) {
    const auto others = warnings_of(path, header, stream);
    warnings->insert(warnings->end(), others.begin(), others.end());
  }
  return labels;
}

LabelVolume read_mask(const fs::path& path, std::vector<Warning>* warnings) {
  LabelVolume mask = read_labels(path, warnings);
  std::array<bool, 256> present{};
  for (const std::uint8_t v : mask.voxels) present[v] = true;
  int inside = 0;
  for (int v = 1; v < 256; ++v) {
    if (!present[static_cast<std::size_t>(v)]) continue;
    if (inside != 0)
      fail(path,
           "holds the values " + std::to_string(inside) + " and " + std::to_string(v) +
               "; a mask is binary: 0 and one other value (give a label map by itself, not among masks)");
    inside = v;
  }
  if (inside > 1)
    for (std::uint8_t& v : mask.voxels) v = v != 0;
  return mask;
}

}  // namespace anatomynet::io
