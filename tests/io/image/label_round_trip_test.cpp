#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include <gtest/gtest.h>

#include "geometry/contours.h"
#include "geometry/rasterise.h"
#include "io/image/image_file.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

// A mask's contours as an RTSTRUCT holds them: keyholes, patient frame, a tenth of a micrometre.
std::vector<geometry::PatientContour> stored_contours(const LabelVolume& labels, int id) {
  auto contours = geometry::trace_contours(labels, id);
  geometry::simplify(contours, labels.grid);
  std::vector<geometry::PatientContour> out;
  for (const geometry::SliceContour& contour : geometry::keyholed(contours)) {
    out.push_back({geometry::to_patient(contour, labels.grid)});
    for (Vec3& p : out.back().points)
      for (double& v : p) v = std::round(v * 1e4) / 1e4;
  }
  return out;
}

TEST(LabelRoundTrip, EveryRealMaskComesBackVoxelByVoxel) {
  const fs::path data = fs::path(ANATOMYNET_SHARED_DIR) / "data";
  if (!fs::exists(data / "openkbp") || !fs::exists(data / "observers"))
    GTEST_SKIP() << "NOT CHECKED: real label maps are not at " << data;
  std::vector<fs::path> files;
  for (const char* part : {"openkbp", "observers"})
    for (const auto& entry : fs::recursive_directory_iterator(data / part)) {
      const std::string name = entry.path().filename().string();
      const bool labels = name.find("_labels") != std::string::npos || name.ends_with(".nrrd");
      if (labels && entry.is_regular_file() && is_image_file_name(entry.path()))
        files.push_back(entry.path());
    }
  ASSERT_GT(files.size(), 250U);
  std::size_t masks = 0;
  for (const fs::path& file : files) {
    const LabelVolume labels = read_labels(file);
    const std::set<std::uint8_t> ids(labels.voxels.begin(), labels.voxels.end());
    for (const int id : ids) {
      if (id == 0) continue;
      const LabelVolume back = geometry::rasterise(stored_contours(labels, id), labels.grid).mask;
      std::size_t different = 0;
      for (std::size_t i = 0; i < labels.voxels.size(); ++i)
        different += (labels.voxels[i] == id) != (back.voxels[i] == 1);
      EXPECT_EQ(different, 0U) << file << " label " << id;
      ++masks;
    }
  }
  RecordProperty("masks", static_cast<int>(masks));
  std::cout << masks << " masks of " << files.size() << " files\n";
  EXPECT_GT(masks, 500U);
}

}  // namespace
}  // namespace anatomynet::io
