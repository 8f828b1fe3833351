#include "io/image/internal/nifti_header.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "io/image/internal/image_data.h"

namespace anatomynet::io::nifti {
namespace {
namespace fs = std::filesystem;

// Numbers of a header in the file's own byte order.
class Reader {
 public:
  Reader(std::span<const char> bytes, bool swapped) : bytes_(bytes), swapped_(swapped) {}
  template <class T>
  T get(std::size_t offset) const {
    std::array<char, sizeof(T)> raw;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), raw.begin());
    if (swapped_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }

 private:
  std::span<const char> bytes_;
  bool swapped_;
};

bool has_magic(std::span<const char> bytes, std::size_t at, const char* magic) {
  return bytes.size() >= at + 4 && std::memcmp(bytes.data() + at, magic, 4) == 0;
}

// Field offsets of one version; the fields have the same meaning in both.
struct Layout {
  std::size_t dim, datatype, bits, pixdim, offset, slope, units, qform, quaternion, qoffset, srow;
};
constexpr Layout first{40, 70, 72, 76, 108, 112, 123, 252, 256, 268, 280};
constexpr Layout second{16, 12, 14, 104, 168, 176, 500, 344, 352, 376, 400};

template <class Int, class Float>
void read_fields(const fs::path& path, const Reader& in, const Layout& at, Fields& f) {
  const auto dimensions = static_cast<std::int64_t>(in.get<Int>(at.dim));
  if (dimensions < 1 || dimensions > 7)
    fail(path, "damaged: " + std::to_string(dimensions) + " dimensions, expected 1 to 7");
  for (std::int64_t k = 1; k <= dimensions; ++k)
    f.sizes.push_back(static_cast<std::int64_t>(in.get<Int>(at.dim + sizeof(Int) * std::size_t(k))));
  const auto real = [&](std::size_t offset) { return static_cast<double>(in.get<Float>(offset)); };
  constexpr std::size_t step = sizeof(Float);
  f.datatype = in.get<std::int16_t>(at.datatype);
  f.bits = in.get<std::int16_t>(at.bits);
  for (std::size_t k = 0; k < 8; ++k) f.pixdim[k] = real(at.pixdim + step * k);
  f.slope = real(at.slope);
  f.intercept = real(at.slope + step);
  for (std::size_t k = 0; k < 3; ++k) {
    f.quaternion[k] = real(at.quaternion + step * k);
    f.qoffset[k] = real(at.qoffset + step * k);
    for (std::size_t c = 0; c < 3; ++c) f.srow[k][c] = real(at.srow + step * (4 * k + c));
    f.soffset[k] = real(at.srow + step * (4 * k + 3));
  }
}

}  // namespace

Fields parse_header(const fs::path& path, std::span<const char> bytes) {
  Fields f;
  const auto version_and_pair = [&]() -> bool {
    for (const auto& [at, magic, version, pair] :
         {std::tuple{344, "n+1", 1, false}, {344, "ni1", 1, true}, {4, "n+2", 2, false}, {4, "ni2", 2, true}})
      if (has_magic(bytes, static_cast<std::size_t>(at), magic)) {
        f.version = version;
        f.pair = pair;
        return true;
      }
    return false;
  };
  if (!version_and_pair()) {
    if (bytes.size() >= first_header_bytes) {
      const Reader in(bytes, false);
      if (in.get<std::int32_t>(0) == 348 || Reader(bytes, true).get<std::int32_t>(0) == 348)
        fail(
            path,
            "an Analyze 7.5 header, which does not say left from right; expected NIfTI, so convert the image "
            "again from DICOM");
    }
    fail(path, "truncated, damaged or no NIfTI file (magic n+1 or n+2); copy or convert it again");
  }
  const std::size_t wanted = f.version == 1 ? first_header_bytes : second_header_bytes;
  if (bytes.size() < wanted)
    fail(path, "truncated, damaged or no NIfTI file: " + std::to_string(bytes.size()) +
                   " bytes can be read, expected a header of " + std::to_string(wanted) + "; copy it again");
  if (f.version == 1) {
    const auto dimensions = Reader(bytes, false).get<std::int16_t>(first.dim);
    f.swapped = dimensions < 1 || dimensions > 7;
    const Reader in(bytes, f.swapped);
    read_fields<std::int16_t, float>(path, in, first, f);
    f.offset = static_cast<double>(in.get<float>(first.offset));
    f.units = static_cast<unsigned char>(bytes[first.units]);
    f.qform_code = in.get<std::int16_t>(first.qform);
    f.sform_code = in.get<std::int16_t>(first.qform + 2);
  } else {
    f.swapped = Reader(bytes, false).get<std::int32_t>(0) != std::int32_t(second_header_bytes);
    const Reader in(bytes, f.swapped);
    if (in.get<std::int32_t>(0) != std::int32_t(second_header_bytes)) fail(path, "damaged NIfTI-2 header");
    read_fields<std::int64_t, double>(path, in, second, f);
    f.offset = static_cast<double>(in.get<std::int64_t>(second.offset));
    f.units = in.get<std::int32_t>(second.units);
    f.qform_code = in.get<std::int32_t>(second.qform);
    f.sform_code = in.get<std::int32_t>(second.qform + 4);
  }
  return f;
}

}  // namespace anatomynet::io::nifti
