#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include <zlib.h>

#include "core/error.h"
#include "io/nifti_file.h"

namespace anatomynet::nifti {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t header_bytes = 348;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::input, path.string() + ": " + reason);
}

// The header, read in the file's own byte order.
class Header {
 public:
  explicit Header(const std::vector<unsigned char>& start) {
    std::copy_n(start.begin(), header_bytes, bytes_.begin());
    swapped_ = short_at(40) < 1 || short_at(40) > 7;  // dim[0], the number of dimensions
  }
  bool valid() const {
    return dimensions() >= 1 && dimensions() <= 7 && std::memcmp(&bytes_[344], "n+1", 4) == 0;
  }
  bool swapped() const { return swapped_; }
  int dimensions() const { return short_at(40); }
  int space_units() const { return bytes_[123] & 7; }
  std::int16_t short_at(std::size_t offset) const { return get<std::int16_t>(offset); }
  double float_at(std::size_t offset) const { return static_cast<double>(get<float>(offset)); }

 private:
  template <class T>
  T get(std::size_t offset) const {
    std::array<unsigned char, sizeof(T)> raw;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), raw.begin());
    if (swapped_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }
  std::array<unsigned char, header_bytes> bytes_;
  bool swapped_ = false;
};

Mat3 sform_of(const Header& h) {
  Mat3 m;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) m[r][c] = h.float_at(280 + 16 * r + 4 * c);
  return m;
}

// NIfTI-1 method 2: quaternion (b, c, d), pixdim, and the handedness in pixdim[0].
Mat3 qform_of(const Header& h) {
  const double b = h.float_at(256), c = h.float_at(260), d = h.float_at(264);
  const double a = std::sqrt(std::max(0.0, 1 - b * b - c * c - d * d));
  Mat3 m{{{a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
          {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
          {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c}}};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t k = 0; k < 3; ++k)
      m[r][k] *= h.float_at(80 + 4 * k) * (k == 2 && h.float_at(76) < 0 ? -1 : 1);
  return m;
}

void require_no_shear(const fs::path& path, const Mat3& m) {
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < a; ++b) {
      double dot = 0, na = 0, nb = 0;
      for (std::size_t r = 0; r < 3; ++r) {
        dot += m[r][a] * m[r][b];
        na += m[r][a] * m[r][a];
        nb += m[r][b] * m[r][b];
      }
      if (!(std::abs(dot) <= 1e-3 * std::sqrt(na * nb)) || !(na * nb > 0))
        fail(path, "sheared or empty sform matrix; expected perpendicular axes, so resample the image first");
    }
}

std::string check_orientation(const fs::path& path, const Header& h) {
  const bool qform = h.short_at(252) > 0, sform = h.short_at(254) > 0;
  if (!qform && !sform)
    fail(path,
         "neither qform_code nor sform_code is set, so left and right are unknown; convert the CT again from "
         "DICOM");
  if (const int units = h.space_units(); units == 1 || units == 3)
    fail(path, std::string("xyzt_units is ") + (units == 1 ? "metres" : "micrometres") + ", expected mm");
  if (!sform) return {};
  const Mat3 s = sform_of(h);
  require_no_shear(path, s);
  if (!qform) return {};
  const Mat3 q = qform_of(h);
  double worst = 0;  // mm at the far corner of the image
  for (std::size_t r = 0; r < 3; ++r) {
    double offset = std::abs(h.float_at(268 + 4 * r) - h.float_at(292 + 16 * r));
    for (std::size_t c = 0; c < 3; ++c) offset += std::abs(s[r][c] - q[r][c]) * h.short_at(42 + 2 * c);
    worst = std::max(worst, offset);
  }
  if (worst < 0.5) return {};
  return "qform and sform differ by up to " + std::to_string(std::lround(worst)) + " mm; the sform was taken";
}

// ITK prints about voxel types it does not know, and aborts on a NaN in the matrix.
void require_sane(const fs::path& path, const Header& h) {
  struct Type {
    int code, bits;
  };
  constexpr std::array<Type, 12> types{{{2, 8},
                                        {4, 16},
                                        {8, 32},
                                        {16, 32},
                                        {64, 64},
                                        {128, 24},  // RGB: refused later, by its number of values
                                        {256, 8},
                                        {512, 16},
                                        {768, 32},
                                        {1024, 64},
                                        {1280, 64},
                                        {2304, 32}}};  // RGBA
  const int code = h.short_at(70), bits = h.short_at(72);
  if (std::none_of(types.begin(), types.end(), [&](Type t) { return t.code == code && t.bits == bits; }))
    fail(path, "voxel type " + std::to_string(code) + " of " + std::to_string(bits) +
                   " bits is damaged, or no type of CT or label voxels");
  for (int k = 1; k <= h.dimensions(); ++k)
    if (h.short_at(40 + 2 * static_cast<std::size_t>(k)) < 1)
      fail(path, "size " + std::to_string(h.short_at(40 + 2 * static_cast<std::size_t>(k))) + " along axis " +
                     std::to_string(k) + ", expected at least 1");
  const auto require_finite = [&](std::size_t first, std::size_t count, const char* field) {
    for (std::size_t k = 0; k < count; ++k)
      if (!std::isfinite(h.float_at(first + 4 * k))) fail(path, std::string(field) + " is not finite");
  };
  require_finite(76, 8, "pixdim");
  require_finite(108, 3, "vox_offset or scaling");
  require_finite(256, 6, "qform");
  require_finite(280, 12, "sform");
}

// Bytes of voxels the header promises.
double promised_bytes(const Header& h) {
  double bytes = h.short_at(72) / 8.0;  // bitpix
  for (int k = 1; k <= h.dimensions(); ++k)
    bytes *= std::max<int>(1, h.short_at(40 + 2 * static_cast<std::size_t>(k)));
  return bytes;
}

struct Closer {
  void operator()(gzFile file) const { gzclose(file); }
};

// A plain or gzipped file as a stream.
class Stream {
 public:
  explicit Stream(const fs::path& path) : file_(gzopen(path.c_str(), "rb")) {
    if (!file_) fail(path, std::string("cannot open: ") + std::strerror(errno));
    gzbuffer(file_.get(), 1 << 18);
  }
  // Fills `to` as far as the file goes; the number of bytes read.
  std::size_t read(std::span<unsigned char> to) {
    const int n = gzread(file_.get(), to.data(), static_cast<unsigned>(to.size()));
    int status = Z_OK;
    gzerror(file_.get(), &status);
    damaged_ = damaged_ || n < 0 || status != Z_OK;
    const std::size_t got = n < 0 ? 0 : static_cast<std::size_t>(n);
    total_ += double(got);
    return got;
  }
  bool damaged() const { return damaged_; }
  double total() const { return total_; }

 private:
  std::unique_ptr<std::remove_pointer_t<gzFile>, Closer> file_;
  bool damaged_ = false;
  double total_ = 0;
};

template <class T>
std::size_t count_non_finite(std::span<const unsigned char> bytes, bool swapped) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    std::array<unsigned char, sizeof(T)> raw;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i), sizeof(T), raw.begin());
    if (swapped) std::reverse(raw.begin(), raw.end());
    if (!std::isfinite(std::bit_cast<T>(raw))) ++count;
  }
  return count;
}

}  // namespace

std::string check_file(const fs::path& path) {
  Stream in(path);
  std::vector<unsigned char> chunk(1 << 20);
  const auto damaged = [&](const std::string& wanted) {
    const std::string got = std::to_string(std::llround(in.total()));
    fail(path, "truncated, damaged or no NIfTI file: " + got + " bytes can be read, expected " + wanted +
                   "; copy it again");
  };
  if (in.read(std::span(chunk).first(header_bytes)) < header_bytes)
    damaged("a header of " + std::to_string(header_bytes));
  const Header header(chunk);
  if (!header.valid()) fail(path, "no NIfTI-1 file in one piece (magic n+1); convert the image");
  require_sane(path, header);
  const double start = header.float_at(108), wanted = start + promised_bytes(header);  // vox_offset
  if (!(start >= double(header_bytes)) || start > 1e9) fail(path, "vox_offset lies outside the file");
  for (double left = start - in.total(); left > 0;) {
    const std::size_t n =
        in.read(std::span(chunk).first(static_cast<std::size_t>(std::min(left, double(chunk.size())))));
    if (n == 0) break;
    left -= double(n);
  }
  const int type = header.short_at(70);
  std::size_t non_finite = 0;
  while (const std::size_t n = in.read(chunk)) {
    const auto part = std::span<const unsigned char>(chunk).first(n);
    if (type == 16) non_finite += count_non_finite<float>(part, header.swapped());
    if (type == 64) non_finite += count_non_finite<double>(part, header.swapped());
  }
  if (in.damaged() || in.total() < wanted) damaged(std::to_string(std::llround(wanted)));
  if (non_finite > 0)
    fail(path, std::to_string(non_finite) + " voxels are NaN or infinite; expected a number in every voxel");
  return check_orientation(path, header);
}

}  // namespace anatomynet::nifti
