#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <anatomynet/contour.hpp>
#include <anatomynet/dicom.hpp>
#include <gtest/gtest.h>

namespace {

const std::string weights = ANATOMYNET_WEIGHTS, dicom_folder = ANATOMYNET_CASE "/patient/dicom",
                  image_file = ANATOMYNET_CASE "/patient/ct.nii.gz";

TEST(CppInterface, ContoursAnArrayAndACtAlike) {
  const anatomynet::Model model(weights);
  const anatomynet::Ct ct(dicom_folder);
  EXPECT_TRUE(ct.is_dicom());
  std::vector<std::uint8_t> from_files(ct.grid().voxel_count());
  std::vector<std::uint16_t> from_array(from_files.size());
  const anatomynet::Result result = contour(model, ct, from_files);
  contour(model, anatomynet::CtView{ct.hu(), ct.grid()}, from_array);
  EXPECT_TRUE(std::equal(from_files.begin(), from_files.end(), from_array.begin()));
  ASSERT_EQ(result.organs.size(), 9U);
  const anatomynet::OrganResult* mandible = result.organ(3);
  ASSERT_NE(mandible, nullptr);
  EXPECT_NEAR(mandible->ml,
              double(std::count(from_files.begin(), from_files.end(), 3)) * ct.grid().voxel_ml(), 1e-9);
  EXPECT_EQ(result.organ(77), nullptr);
  EXPECT_NE(result.quality_json.find("\"score\""), std::string::npos);
}

TEST(CppInterface, AModelCanBeMovedAndTellsItsOrgans) {
  anatomynet::Model first(weights, {.precision = "fp32", .threads = 1});
  const anatomynet::Model model = std::move(first);
  EXPECT_EQ(model.precision(), "fp32");
  EXPECT_TRUE(model.phantom_only());
  const std::vector<anatomynet::Organ> organs = model.organs();
  ASSERT_EQ(organs.size(), 9U);
  EXPECT_EQ(organs[2].name, "Bone_Mandible");
  EXPECT_FALSE(std::isnan(organs[2].validation_dice));
}

TEST(CppInterface, FailuresAreExceptionsWithAStatus) {
  try {
    anatomynet::Model model("/nonexistent.safetensors");
    FAIL() << "opened nothing";
  } catch (const anatomynet::Error& error) {
    EXPECT_EQ(error.status(), ANATOMYNET_MODEL);
    EXPECT_NE(std::string(error.what()).find("/nonexistent.safetensors"), std::string::npos);
  }
}

TEST(CppInterface, WhatTheProgressThrowsComesToTheCaller) {
  const anatomynet::Model model(weights);
  const anatomynet::Ct ct(image_file);
  std::vector<std::uint8_t> labels(ct.grid().voxel_count());
  const auto throwing = [](std::string_view, double fraction) -> bool {
    return fraction < 0.2 ? true : throw std::runtime_error("mine");
  };
  EXPECT_THROW(
      {
        try {
          contour(model, ct, labels, {.progress = throwing});
        } catch (const std::runtime_error& error) {
          EXPECT_STREQ(error.what(), "mine");
          throw;
        }
      },
      std::runtime_error);
  try {
    contour(model, ct, labels, {.progress = [](std::string_view, double) { return false; }});
    FAIL() << "was not cancelled";
  } catch (const anatomynet::Error& error) {
    EXPECT_EQ(error.status(), ANATOMYNET_CANCELLED);
  }
}

TEST(CppInterface, StructuresComeBack) {
  const anatomynet::Model model(weights);
  const anatomynet::Ct ct(dicom_folder);
  std::vector<std::uint8_t> labels(ct.grid().voxel_count());
  contour(model, ct, labels);
  const std::string path = testing::TempDir() + "api-cpp.dcm";
  EXPECT_TRUE(write_rtstruct(path, ct, model, labels, {.organs = "Bone_Mandible"}).empty());
  const anatomynet::Structures structures(path, ct);
  ASSERT_EQ(structures.size(), 1U);
  EXPECT_EQ(structures.organ(0), "Bone_Mandible");
  std::vector<std::uint8_t> mask(labels.size());
  EXPECT_EQ(std::ptrdiff_t(structures.paint(0, 3, mask)), std::count(labels.begin(), labels.end(), 3));
  EXPECT_THROW(structures.paint(1, 3, mask), anatomynet::Error);
}

}  // namespace
