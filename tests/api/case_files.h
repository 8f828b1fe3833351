#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <anatomynet/anatomynet.h>
#include <gtest/gtest.h>

// What tests/api/make_case has made, and the C interface's handles with owners.
namespace api_test {

inline const std::string weights = ANATOMYNET_WEIGHTS;
inline const std::string dicom_folder = ANATOMYNET_CASE "/patient/dicom";
inline const std::string image_file = ANATOMYNET_CASE "/patient/ct.nii.gz";
inline const std::string segment_folder = ANATOMYNET_CASE "/from-dicom";

template <auto close>
struct Closer {
  template <class T>
  void operator()(T* handle) const {
    close(handle);
  }
};
using Model = std::unique_ptr<anatomynet_model, Closer<anatomynet_model_close>>;
using Ct = std::unique_ptr<anatomynet_ct, Closer<anatomynet_ct_close>>;
using Result = std::unique_ptr<anatomynet_result, Closer<anatomynet_result_close>>;
using Structures = std::unique_ptr<anatomynet_structures, Closer<anatomynet_structures_close>>;

inline Model open_model(const anatomynet_model_options* options = nullptr) {
  anatomynet_model* model = nullptr;
  EXPECT_EQ(anatomynet_model_open(weights.c_str(), options, &model), ANATOMYNET_OK)
      << anatomynet_last_error();
  return Model(model);
}

inline Ct read_ct(const std::string& path) {
  anatomynet_ct* ct = nullptr;
  EXPECT_EQ(anatomynet_ct_read(path.c_str(), nullptr, &ct), ANATOMYNET_OK) << anatomynet_last_error();
  return Ct(ct);
}

/// A CT in the caller's memory.
struct Array {
  std::vector<std::int16_t> hu;
  anatomynet_grid grid{};
};

inline Array array_of(const anatomynet_ct* ct) {
  Array out;
  std::size_t count = 0;
  const std::int16_t* first = anatomynet_ct_voxels(ct, &count);
  out.hu.assign(first, first + count);
  EXPECT_EQ(anatomynet_ct_grid(ct, &out.grid), ANATOMYNET_OK);
  return out;
}

inline anatomynet_labels labels_in(std::vector<std::uint8_t>& voxels) {
  return {voxels.data(), voxels.size(), ANATOMYNET_UINT8};
}

/// Labels of an array; empty where it fails.
inline std::vector<std::uint8_t> contoured(anatomynet_model* model, const Array& ct,
                                           const anatomynet_contour_options* options = nullptr) {
  std::vector<std::uint8_t> voxels(ct.hu.size());
  const anatomynet_labels labels = labels_in(voxels);
  if (anatomynet_contour(model, ct.hu.data(), ct.hu.size(), &ct.grid, &labels, options, nullptr) !=
      ANATOMYNET_OK)
    return {};
  return voxels;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace api_test
