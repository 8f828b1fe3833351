#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/temporary_folder.h"
#include "core/known_organs.h"
#include "geometry/rasterise.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/dicom_seg_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/dicom/structure_set.h"
#include "io/image/image_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/roi_contours.h"
#include "pipeline/stored_structures.h"

// What is written of a mask's box alone, and read within a box, is what whole volumes give.
namespace anatomynet::pipeline {
namespace {

class MasksInBoxes : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Grid grid_ = [] {
    Grid grid;
    grid.size = {37, 29, 11};
    grid.spacing = {1.3, 0.9, 2.7};
    grid.origin = {-21.7, 13.3, -401.9};
    return grid;
  }();
  const io::DicomSource source_ = io::write_ct_series(folder_ / "ct", ct(), {.uid_seed = "boxes"});

  CtVolume ct() const {
    CtVolume out(grid_, -1000);
    for (std::size_t i = 0; i < out.voxels.size(); i += 3) out.voxels[i] = 300;
    return out;
  }
  // With holes and islands; in the middle, against every side of the volume, one voxel, none.
  std::vector<LabelVolume> masks() const {
    std::vector<LabelVolume> out;
    for (const LabelBox& box : {LabelBox{{9, 7, 3}, {14, 12, 5}}, LabelBox{{0, 0, 0}, {12, 9, 4}},
                                LabelBox{{20, 15, 6}, {17, 14, 5}}, LabelBox{{0, 0, 0}, grid_.size},
                                LabelBox{{36, 28, 10}, {1, 1, 1}}, LabelBox{}}) {
      LabelVolume mask(grid_);
      for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
        for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
          for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x)
            mask.at(x, y, z) = (x * 5 + y * 3 + z * 7) % 11 > 1 ? 1 : 0;
      out.push_back(std::move(mask));
    }
    return out;
  }
};

TEST_F(MasksInBoxes, GiveTheSameContours) {
  templates::TemplateRoi roi;
  roi.organ = *find_organ(known_organs(), "Parotid_L");
  roi.type = "AVOIDANCE";
  roi.description = "d";
  for (const LabelVolume& mask : masks())
    for (const ContourStyle& style : {ContourStyle{}, ContourStyle{true, false}, ContourStyle{false, true}}) {
      const io::RoiContours whole = contours_of(roi, mask, 1, style, nullptr),
                            box = contours_of(roi, evaluation::boxed(mask, 1), style, nullptr);
      EXPECT_EQ(box.polygons, whole.polygons);
      EXPECT_EQ(box.slice, whole.slice);
      EXPECT_EQ(box.exclusive_or, whole.exclusive_or);
      EXPECT_EQ(box.organ, whole.organ);
      EXPECT_EQ(box.interpreted_type, "AVOIDANCE");
      EXPECT_EQ(box.description, "d");
    }
}

TEST_F(MasksInBoxes, GiveTheSameFiles) {
  const auto all = masks();
  for (const char* ending : {".nii", ".nii.gz", ".nrrd", ".mha"})
    for (const LabelVolume& mask : all) {
      const auto box = evaluation::boxed(mask, 1);
      io::write_mask(folder_ / (std::string("whole") + ending), mask, 1);
      io::write_mask(folder_ / (std::string("box") + ending), grid_, {box.low, box.size}, box.voxels);
      EXPECT_EQ(test::read_bytes(folder_ / (std::string("box") + ending)),
                test::read_bytes(folder_ / (std::string("whole") + ending)))
          << ending;
    }
  io::SegmentationWriter whole(source_, grid_, {.uid_seed = "s"}), boxes(source_, grid_, {.uid_seed = "s"});
  Organ organ = *find_organ(known_organs(), "Brainstem");
  for (const LabelVolume& mask : all) {
    organ.name += "x";
    const auto box = evaluation::boxed(mask, 1);
    EXPECT_EQ(boxes.add(organ, {box.low, box.size}, box.voxels, "MANUAL"),
              whole.add(organ, mask, 1, "MANUAL"));
  }
  whole.write(folder_ / "whole.dcm");
  boxes.write(folder_ / "box.dcm");
  EXPECT_EQ(test::read_bytes(folder_ / "box.dcm"), test::read_bytes(folder_ / "whole.dcm"));
}

// Within the image, across its ends, beside it, tilted, sagittal, and several of these at once.
TEST_F(MasksInBoxes, ContoursAreFilledAsInTheWholeVolume) {
  const auto ring = [&](double cx, double cy, double cz, double r, const Vec3& u, const Vec3& v) {
    std::vector<Vec3> points;
    for (int i = 0; i < 24; ++i) {
      const double a = i * M_PI / 12, c = r * std::cos(a), s = r * std::sin(a);
      const Vec3 centre = grid_.to_world({cx, cy, cz});
      points.push_back({centre[0] + c * u[0] + s * v[0], centre[1] + c * u[1] + s * v[1],
                        centre[2] + c * u[2] + s * v[2]});
    }
    return points;
  };
  const Vec3 x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1}, tilted{0, 0.8, 0.6};
  struct Case {
    const char* what;
    std::vector<std::vector<Vec3>> polygons;
  };
  const std::vector<Case> cases{
      {"inside", {ring(15, 14, 4, 7, x, y), ring(17, 15, 5, 6, x, y)}},
      {"across the ends", {ring(1, 14, 2, 6, x, y), ring(35, 27, 9, 8, x, y)}},
      {"partly beside", {ring(-40, 14, 2, 6, x, y), ring(10, 10, 3, 5, x, y)}},
      {"beside", {ring(-40, 14, 2, 6, x, y)}},
      {"above", {ring(14, 14, 40, 6, x, y)}},
      {"between slices", {ring(14, 14, 3.5, 6, x, y), ring(14, 14, 4.5, 6, x, y)}},
      {"tilted", {ring(15, 14, 4, 7, x, tilted), ring(15, 16, 6, 7, x, tilted)}},
      {"sagittal", {ring(15, 14, 5, 7, y, z), ring(17, 14, 5, 7, y, z)}},
      {"of two orientations", {ring(15, 14, 4, 7, x, y), ring(17, 14, 5, 7, y, z)}}};
  std::vector<io::RoiContours> rois;
  for (const Case& one : cases) {
    io::RoiContours roi;
    roi.organ.id = static_cast<int>(rois.size()) + 1;
    roi.organ.name = one.what;
    roi.polygons = one.polygons;
    roi.slice.assign(one.polygons.size(), 4);
    rois.push_back(roi);
  }
  io::write_rtstruct(folder_ / "rt.dcm", source_, rois);
  const StoredStructures read = read_stored_structures(folder_ / "rt.dcm", grid_, nullptr);
  ASSERT_EQ(read.structures.size(), cases.size());
  io::StructureSet set = io::read_structure_set(folder_ / "rt.dcm");
  std::vector<std::string> expected_warnings;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto contours = io::closed_contours(set.rois[i]);  // as the file rounds them
    const auto whole = geometry::rasterise(contours, grid_);
    const auto& mask = read.structures[i].mask;
    EXPECT_EQ(pipeline::whole(mask).voxels, whole.mask.voxels) << cases[i].what;
    EXPECT_EQ(mask.count, std::count(whole.mask.voxels.begin(), whole.mask.voxels.end(), 1)) << cases[i].what;
    for (const std::string& line : whole.warnings)
      expected_warnings.push_back(std::string(cases[i].what) + ": " + line);
  }
  EXPECT_EQ(read.warnings, expected_warnings);
}

}  // namespace
}  // namespace anatomynet::pipeline
