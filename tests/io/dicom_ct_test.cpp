#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "core/error.h"
#include "io/ct_image.h"
#include "io/image_file.h"
#include "io/rtstruct.h"

using namespace anatomynet;

TEST(Try, Folder) {
  const char* path = std::getenv("TRY");
  if (!path) GTEST_SKIP();
  try {
    const CtImage image = read_ct(path);
    std::cout << image.source << " " << describe(image.volume.grid) << "\n";
    for (auto& w : image.warnings) std::cout << "warning: " << w << "\n";
    const auto& g = image.volume.grid;
    std::cout << "origin " << g.origin[0] << " " << g.origin[1] << " " << g.origin[2] << "\n";
    for (auto& r : g.direction) std::cout << r[0] << " " << r[1] << " " << r[2] << "\n";
    auto [lo, hi] = std::minmax_element(image.volume.voxels.begin(), image.volume.voxels.end());
    std::cout << "HU " << *lo << " " << *hi << "\n";
    if (image.dicom) std::cout << image.dicom->patient_name << " " << image.dicom->slices.size() << "\n";
    if (image.dicom) {
      std::vector<RoiContours> rois;
      for (const Organ& o : standard_organs()) {
        RoiContours roi{o, {}, {}};
        for (int z = 3; z < 8; ++z) {
          std::vector<Vec3> p;
          for (int k = 0; k < 40; ++k)
            p.push_back(g.to_world({20 + o.id + 8 * std::cos(k * 0.157), 20 + 7 * std::sin(k * 0.157), double(z)}));
          roi.polygons.push_back(p);
          roi.slice.push_back(z);
        }
        rois.push_back(roi);
      }
      write_rtstruct("/tmp/probe_io/rs.dcm", *image.dicom, rois, {.algorithm = "test", .software_version = "0.1"});
    }
    write_ct("/tmp/probe_io/out.nii.gz", image.volume);
  } catch (const Error& e) {
    std::cout << "ERROR " << e.what() << "\n";
  }
}
