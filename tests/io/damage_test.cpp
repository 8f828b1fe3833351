#include <random>

#include <gtest/gtest.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/image/image_file.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

// Overwrites a few random bytes, most of them within the header.
std::string damaged(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::size_t header = std::min<std::size_t>(bytes.size(), 1400);
  for (std::size_t hits = 1 + below(4); hits > 0; --hits)
    bytes[below(below(4) == 0 ? bytes.size() : header)] =
        static_cast<char>(below(3) == 0 ? 0xff : below(256));
  return bytes;
}

// Damaged input may still be readable; otherwise it must end in an Error, never in a crash or another
// exception.
void expect_an_error_or_an_image(const fs::path& input, unsigned round) {
  try {
    const CtImage image = read_ct(input);
    EXPECT_EQ(image.volume.voxels.size(), std::size_t(image.volume.grid.voxel_count())) << "round " << round;
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::internal) << "round " << round << ": " << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  } catch (const std::exception& error) {
    FAIL() << "round " << round << ": " << error.what();
  }
}

Grid tiny_grid() {
  Grid grid = test::small_grid();
  grid.size = {9, 8, 3};
  return grid;
}

TEST(Damage, OfImageFilesNeverCrashes) {
  const test::TemporaryFolder folder;
  std::mt19937 random(11);
  for (const char* extension : {".nii", ".nii.gz", ".nrrd", ".mha"}) {
    const fs::path path = folder / (std::string("image") + extension);
    write_ct(path, test::make_ct(tiny_grid()));
    const std::string whole = test::read_bytes(path);
    for (unsigned round = 0; round < 400; ++round) {
      test::write_bytes(path, damaged(whole, random));
      expect_an_error_or_an_image(path, round);
    }
  }
}

TEST(Damage, OfDicomFilesNeverCrashes) {
  std::mt19937 random(12);
  for (const std::string tool : {"", "dcmcjpeg", "dcmcjpls", "dcmcrle", ENCODE_JPEG2000}) {
    if (!tool.empty()) REQUIRE_TOOL(tool);
    const test::TemporaryFolder folder;
    write_ct_series(folder.path(), test::make_ct(tiny_grid()));
    const fs::path file = folder / "CT0002.dcm";
    if (!tool.empty()) {
      ASSERT_EQ(test::run(tool + " " + file.string() + " " + file.string()).status, 0);
    }
    const std::string whole = test::read_bytes(file);
    for (unsigned round = 0; round < 300; ++round) {
      test::write_bytes(file, damaged(whole, random));
      expect_an_error_or_an_image(folder.path(), round);
    }
  }
}

}  // namespace
}  // namespace anatomynet::io
