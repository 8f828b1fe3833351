#include "review/opened_case.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"
#include "pipeline/roi_contours.h"
#include "review/review_fixtures.h"
#include "review/serve_review.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
namespace fs = std::filesystem;

class OpenedCaseTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  const Grid grid_ = test::small_grid();
  const io::DicomSource source_ =
      io::write_ct_series(folder_ / "ct", test::ball_ct(grid_), {.uid_seed = "opened"});

  LabelVolume labels() const {
    LabelVolume out(grid_);
    const auto structures = test::three_structures(grid_);
    evaluation::paint(*structures[0].mask, 4, out);
    evaluation::paint(*structures[1].mask, 1, out);
    return out;
  }
  // As segment writes one, with what review reads of it.
  fs::path results(const std::string& input) const {
    const fs::path folder = folder_ / "results";
    fs::create_directories(folder);
    io::write_labels(folder / "labels.nii.gz", labels());
    const nlohmann::json summary{{"program", "anatomynet 9"},
                                 {"input", input},
                                 {"model", {{"id", "model-7"}}},
                                 {"organs",
                                  {{{"id", 4}, {"name", "Parotid_L"}},
                                   {{"id", 1}, {"name", "BrainStem"}},
                                   {{"id", 5}, {"name", "Parotid_R"}}}}};
    std::ofstream(folder / "summary.json") << summary;
    std::ofstream(folder / "quality.json")
        << R"({"organs":[{"name":"Parotid_L","flags":[{"code":"volume","text":"too small"}],
               "pieces_beside_largest":[{"centroid_lps_mm":[-18,-20,-13]}],
               "unsure_places":[{"place_lps_mm":[-3,0,-4],"close_share":0.8},{"place_lps_mm":"x"},{},7,
                                {"place_lps_mm":[0,6,2],"close_share":0.5}]}]})";
    return folder;
  }
};

TEST_F(OpenedCaseTest, ResultsKnowTheirCtOrganAndFlags) {
  const fs::path folder = results((folder_ / "ct").string() + ", series " + source_.series_instance_uid);
  const OpenedCase opened = open_case({folder, "", {}});
  EXPECT_EQ(opened.origin.model, "model-7");
  ASSERT_EQ(opened.structures.size(), 3u);
  const Structure& parotid = *find_structure(opened.structures, 4);
  EXPECT_EQ(parotid.organ.name, "Parotid_L");
  EXPECT_EQ(parotid.generation, automatic);
  ASSERT_EQ(parotid.flags.size(), 1u);
  EXPECT_EQ(parotid.flags[0].text, "too small");
  const std::vector<Vec3> expected{{0, 0, 0}, {10, 10, 3}, {12, 13, 5}};
  ASSERT_EQ(parotid.unsure.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(parotid.unsure[i][k], expected[i][k], 1e-6);
  EXPECT_TRUE(find_structure(opened.structures, 5)->mask->empty());  // looked for, not found
  EXPECT_TRUE(
      same_voxels(*find_structure(opened.structures, 1)->mask, *test::three_structures(grid_)[1].mask));
  EXPECT_EQ(default_store(folder), folder / "review");
}

TEST_F(OpenedCaseTest, ACtThatIsGoneIsAskedFor) {
  const fs::path folder = results("/nowhere/ct, series 1.2.3");
  try {
    open_case({folder, "", {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("--ct"), std::string::npos);
  }
  EXPECT_THROW(open_case({folder, folder_ / "not there", {}}), Error);
  EXPECT_THROW(open_case({folder_ / "not there", folder_ / "ct", {}}), Error);
  fs::create_directories(folder_ / "empty");
  EXPECT_THROW(open_case({folder_ / "empty", folder_ / "ct", {}}), Error);
}

TEST_F(OpenedCaseTest, AClinicsStructureSetKeepsItsNames) {
  Organ strange;
  strange.id = 3;
  strange.name = "GTV <b>&";
  const Organ* parotid = find_organ(known_organs(), "Parotid_L");
  LabelVolume volume = labels();
  for (auto& voxel : volume.voxels) voxel = voxel == 4 ? 3 : voxel == 1 ? 200 : 0;
  Organ second = *parotid;
  second.id = 200;
  second.name = "Parotis li";
  io::RtStructOptions how;
  how.generation_algorithm = "MANUAL";
  io::write_rtstruct(folder_ / "rt.dcm", source_, pipeline::roi_contours(volume, {strange, second}), how);
  const OpenedCase opened = open_case({folder_ / "rt.dcm", folder_ / "ct", {}});
  ASSERT_EQ(opened.structures.size(), 2u);
  EXPECT_EQ(opened.structures[0].label, "GTV <b>&");
  EXPECT_EQ(opened.structures[1].label, "Parotis li");
  EXPECT_EQ(opened.structures[1].organ.name, "Parotid_L");
  EXPECT_EQ(opened.structures[0].generation, manual);
  EXPECT_FALSE(opened.origin.predecessor.empty());
  const auto drawn = test::three_structures(grid_);
  EXPECT_TRUE(same_voxels(*opened.structures[1].mask, *drawn[1].mask));
  EXPECT_EQ(default_store(folder_ / "rt.dcm"), "rt-review");
}

TEST_F(OpenedCaseTest, AMapOfAnotherGridIsRefused) {
  Grid other = grid_;
  other.size[2] -= 1;
  io::write_labels(folder_ / "small.nii.gz", LabelVolume(other, 1));
  EXPECT_THROW(open_case({folder_ / "small.nii.gz", folder_ / "ct", {}}), Error);
  Grid moved = grid_;
  moved.origin[0] += 0.7;
  io::write_labels(folder_ / "moved.nii.gz", LabelVolume(moved, 1));
  EXPECT_THROW(open_case({folder_ / "moved.nii.gz", folder_ / "ct", {}}), Error);
  io::write_labels(folder_ / "right.nii.gz", labels());
  const OpenedCase opened = open_case({folder_ / "right.nii.gz", folder_ / "ct", {}});
  EXPECT_EQ(opened.structures.size(), 2u);
  EXPECT_EQ(opened.structures[0].generation, "");
}

}  // namespace
