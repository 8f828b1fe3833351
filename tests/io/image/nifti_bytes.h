#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace anatomynet::test {

/// A NIfTI-1 file written and read byte by byte from the format's own description, independent of the readers
/// under test. World is RAS.
struct NiftiBytes {
  std::vector<int> size{6, 5, 4};
  std::array<float, 8> pixdim{1, 1, 1, 2, 1, 1, 1, 1};  ///< [0] is the handedness of the qform
  std::int16_t datatype = 4, bits = 16;                 ///< 4 = int16
  std::int16_t qform_code = 1, sform_code = 1;
  std::array<float, 3> quaternion{0, 0, 0}, offset{-10, -20, 30};
  std::array<std::array<float, 4>, 3> srow{{{1, 0, 0, -10}, {0, 1, 0, -20}, {0, 0, 2, 30}}};
  float slope = 1, intercept = 0;
  char units = 2;  ///< mm
  std::string voxels;

  std::size_t count() const;
  template <class T>
  void set_voxels(const std::vector<T>& values) {
    voxels.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  std::string bytes() const;
  /// Of a plain (not gzipped) file.
  static NiftiBytes parse(const std::string& bytes);
};

std::string gunzip(const std::string& bytes);
std::string gzip(const std::string& bytes);

}  // namespace anatomynet::test
