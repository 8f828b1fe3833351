#include "review/review.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "common/grids.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/structure_set.h"
#include "io/image/image_file.h"
#include "pipeline/stored_structures.h"
#include "review/review_fixtures.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
namespace fs = std::filesystem;

class Said : public Messages {
 public:
  void warning(const std::string& text) override { warnings += text + '\n'; }
  std::string warnings;
};

class ReviewTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Said said_;

  std::unique_ptr<Review> open(const Grid& grid = test::small_grid()) {
    return std::make_unique<Review>(test::dicom_case(folder_, grid), std::vector<Comparison>{},
                                    ReviewSettings{folder_ / "store", {}}, said_);
  }
  static std::int64_t fill(Review& review, int id, const LabelBox& box, bool inside = true) {
    const auto voxels = static_cast<std::uint32_t>(box.size[0] * box.size[1] * box.size[2]);
    return review.replace_mask(id, review.state()->revision, box,
                               test::base64(inside ? Runs{0, voxels} : Runs{voxels}), 1.5);
  }
  static int status_of(const std::function<void()>& act) {
    try {
      act();
    } catch (const Refused& refused) {
      return refused.status;
    }
    return 0;
  }
  static const Structure& at(const Structures& structures, int id) { return *find_structure(structures, id); }
};

TEST_F(ReviewTest, ChangesAreThereAgainAfterwards) {
  int drawn = 0;
  ReviewState left;
  {
    const auto review = open();
    EXPECT_EQ(fill(*review, 1, {{0, 0, 0}, {3, 4, 2}}), 1);
    drawn = review->add_structure("OpticChiasm <b>", "#102030");
    EXPECT_EQ(fill(*review, drawn, {{5, 5, 5}, {2, 2, 2}}), 3);
    const bool locked = true;
    review->change_structure(2, {&locked, nullptr, nullptr});
    review->change_structure(2, {nullptr, nullptr, nullptr, 7.5});  // looked at
    left = *review->state();
  }
  const auto review = open();
  const auto now = review->state();
  EXPECT_TRUE(now->changed);
  EXPECT_EQ(now->revision, 5);
  ASSERT_EQ(now->structures.size(), left.structures.size());
  for (std::size_t i = 0; i < left.structures.size(); ++i) {
    EXPECT_TRUE(same_voxels(*now->structures[i].mask, *left.structures[i].mask)) << i;
    EXPECT_EQ(now->structures[i].label, left.structures[i].label);
    EXPECT_EQ(now->structures[i].locked, left.structures[i].locked);
    EXPECT_EQ(now->structures[i].seconds, left.structures[i].seconds);
  }
  EXPECT_EQ(at(now->structures, drawn).label, "OpticChiasm <b>");
  EXPECT_EQ(at(now->structures, 1).seconds, 1.5);
  EXPECT_EQ(at(now->structures, 2).seconds, 7.5);
  EXPECT_TRUE(at(now->structures, 2).locked);
}

TEST_F(ReviewTest, RefusesWhatCannotBe) {
  const auto review = open();
  const LabelBox box{{0, 0, 0}, {1, 1, 1}};
  const std::string runs = test::base64(Runs{0, 1});
  fill(*review, 1, box);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 0, box, runs, 0); }), 409);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 9, box, runs, 0); }), 409);
  EXPECT_EQ(status_of([&] { review->replace_mask(99, 1, box, runs, 0); }), 404);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 1, box, "no base64", 0); }), 400);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 1, {{0, 0, 0}, {24, 20, 10}}, runs, 0); }), 400);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 1, box, runs, NAN); }), 400);
  EXPECT_EQ(status_of([&] { review->replace_mask(1, 1, box, runs, -1); }), 400);
  const bool locked = true;
  review->change_structure(1, {&locked, nullptr, nullptr});
  EXPECT_EQ(status_of([&] { fill(*review, 1, box); }), 423);
  for (const char* name : {"", "brainstem", "a\\b", "a\nb", "\xff"})
    EXPECT_EQ(status_of([&] { review->add_structure(name, "#000000"); }), 400) << name;
  EXPECT_EQ(status_of([&] { review->add_structure(std::string(65, 'x'), "#000000"); }), 400);
  for (const char* colour : {"", "red", "#12345", "#1234567", "#12345g", "#-12345"})
    EXPECT_EQ(status_of([&] { review->add_structure("New", colour); }), 400) << colour;
  EXPECT_EQ(status_of([&] { review->save("", "", false); }), 400);
  EXPECT_EQ(status_of([&] { review->version(7); }), 404);
  EXPECT_EQ(review->state()->revision, 2);  // nothing of it counted
}

TEST_F(ReviewTest, VersionsAreKeptAndApproved) {
  const auto review = open();
  fill(*review, 1, {{0, 0, 0}, {3, 4, 2}});
  const VersionInfo first = review->save("AB", "too small", false);
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.parent, 0);
  const auto bytes = test::read_bytes(review->store().folder_of(1) / "structures.dcm");
  const int drawn = review->add_structure("Lens_L", "#00ff00");
  fill(*review, drawn, {{5, 5, 5}, {2, 2, 2}});
  EXPECT_FALSE(review->store().approved());
  EXPECT_TRUE(review->state()->changed);
  const VersionInfo second = review->save("CD", "", true);
  const bool locked = true;
  review->change_structure(2, {&locked, nullptr, nullptr, 3});
  EXPECT_FALSE(review->state()->changed);  // it is still what was approved
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.parent, 1);
  EXPECT_EQ(test::read_bytes(review->store().folder_of(1) / "structures.dcm"), bytes);
  ASSERT_TRUE(review->store().approved());
  EXPECT_EQ(review->store().approved()->number, 2);

  const Structures saved = review->version(2)->structures;
  EXPECT_EQ(at(saved, 1).generation, semiautomatic);
  EXPECT_EQ(at(saved, 2).generation, automatic);
  EXPECT_EQ(at(saved, drawn).generation, manual);
  const auto set = io::read_structure_set(review->store().folder_of(2) / "structures.dcm");
  EXPECT_EQ(set.sop_instance_uid, second.instance);
  ASSERT_EQ(set.rois.size(), 4u);
  EXPECT_EQ(set.rois[0].generation_algorithm, "SEMIAUTOMATIC");
  EXPECT_EQ(set.rois[1].generation_algorithm, "AUTOMATIC");
  EXPECT_EQ(set.rois[3].generation_algorithm, "MANUAL");

  const auto edits = nlohmann::json::parse(test::read_bytes(folder_ / "store/edits.json"));
  EXPECT_EQ(edits["reviewer"], "CD");
  EXPECT_EQ(edits["model"], "model-1");
  ASSERT_EQ(edits["organs"].size(), 4u);
  EXPECT_EQ(edits["organs"][0]["unchanged"], false);
  EXPECT_EQ(edits["organs"][1]["unchanged"], true);
  EXPECT_EQ(edits["organs"][1]["dice"], 1.0);
  EXPECT_EQ(edits["organs"][1]["added_path_voxels"], 0);
  EXPECT_EQ(edits["organs"][3]["drawn_new"], true);
}

// What a person would count by hand: 24 voxels drawn beside 5 slices of 63 + 1.
TEST_F(ReviewTest, EditsAreEvaluatesFigures) {
  const auto review = open();
  fill(*review, 1, {{0, 0, 0}, {3, 4, 2}});
  const StructureEdits edits = review->edits().front();
  EXPECT_FALSE(edits.unchanged);
  EXPECT_EQ(edits.figures.predicted_voxels, 5 * 64);
  EXPECT_EQ(edits.figures.truth_voxels, 5 * 64 + 24);
  EXPECT_EQ(edits.figures.added_path_voxels, 20);  // the rim of 3 x 4 pixels on each of two slices
  EXPECT_EQ(edits.slices, 7);
  EXPECT_NEAR(*edits.added_path_mm_per_slice, 20 * std::sqrt(1.5 * 2) / 7, 1e-9);
  EXPECT_NEAR(*edits.figures.dice, 2.0 * 320 / (320 + 344), 1e-12);
  EXPECT_EQ(edits.seconds, 1.5);
}

TEST_F(ReviewTest, OnePersonChangesACase) {
  int told[2], wait[2];
  ASSERT_EQ(::pipe(told), 0);
  ASSERT_EQ(::pipe(wait), 0);
  const pid_t other = ::fork();  // the lock is a process's
  if (other == 0) {
    ::close(wait[1]);
    const auto first = open();
    fill(*first, 1, {{0, 0, 0}, {3, 4, 2}});
    char byte = 'x';
    bool good = ::write(told[1], &byte, 1) == 1 && ::read(wait[0], &byte, 1) == 1;
    fill(*first, 2, {{1, 1, 1}, {2, 2, 2}});
    good = good && ::write(told[1], &byte, 1) == 1 && ::read(wait[0], &byte, 1) == 0;
    ::_exit(good ? 0 : 1);
  }
  char byte = 0;
  ::close(wait[0]);
  ASSERT_EQ(::read(told[0], &byte, 1), 1);
  const auto second = open();
  {
    EXPECT_FALSE(second->may_edit());
    EXPECT_NE(said_.warnings.find("only be looked at"), std::string::npos) << said_.warnings;
    EXPECT_EQ(second->state()->revision, 1);
    EXPECT_EQ(status_of([&] { fill(*second, 1, {{0, 0, 0}, {1, 1, 1}}); }), 423);
    EXPECT_EQ(status_of([&] { second->save("AB", "", false); }), 423);
    EXPECT_FALSE(second->store().is_free());
    EXPECT_FALSE(second->take_over());
    EXPECT_FALSE(second->may_edit());
  }
  ASSERT_EQ(::write(wait[1], &byte, 1), 1);
  ASSERT_EQ(::read(told[0], &byte, 1), 1);
  EXPECT_EQ(second->state()->revision, 1);  // as it was when it was opened
  ::close(wait[1]);
  int status = 1;
  ::waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);

  // Now the one that looked may take over what the other left.
  EXPECT_TRUE(second->store().is_free());
  EXPECT_FALSE(second->may_edit());
  EXPECT_TRUE(second->take_over());
  EXPECT_TRUE(second->may_edit());
  EXPECT_TRUE(second->take_over());
  EXPECT_EQ(second->state()->revision, 2);
  const LabelVolume before = pipeline::whole(*test::three_structures(test::small_grid())[1].mask);
  const auto expected = test::mask_where(test::small_grid(), [&](auto x, auto y, auto z) {
    return before.at(x, y, z) == 1 || (x >= 1 && x < 3 && y >= 1 && y < 3 && z >= 1 && z < 3);
  });
  EXPECT_TRUE(same_voxels(*find_structure(second->state()->structures, 2)->mask, *expected));
  fill(*second, 1, {{5, 0, 0}, {1, 1, 1}});
  EXPECT_EQ(second->state()->revision, 3);
  EXPECT_EQ(second->save("AB", "", false).number, 1);
  for (const int fd : {told[0], told[1]}) ::close(fd);
}

TEST_F(ReviewTest, AStoreIsOfOneCase) {
  open();
  Grid other = test::small_grid();
  other.spacing[0] = 1.25;
  fs::remove_all(folder_ / "ct");
  EXPECT_THROW(open(other), Error);
}

TEST_F(ReviewTest, DamagedVersionsAreNotTaken) {
  {
    const auto review = open();
    fill(*review, 1, {{0, 0, 0}, {3, 4, 2}});
    review->save("AB", "", false);
  }
  const fs::path masks = folder_ / "store/versions/0001/masks.runs";
  std::string bytes = test::read_bytes(masks);
  bytes[0] ^= 1;
  test::write_bytes(masks, bytes);
  EXPECT_THROW(open(), Error);
}

class ReviewOrientation : public ReviewTest, public testing::WithParamInterface<int> {
 public:
  static std::vector<Grid> grids() {
    std::vector<Grid> all;
    const auto add = [&](const Mat3& direction, const Vec3& spacing) {
      Grid grid = test::small_grid();
      grid.direction = direction;
      grid.spacing = spacing;
      all.push_back(grid);
    };
    const Mat3 supine{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}, prone{{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}},
        feet_first{{{-1, 0, 0}, {0, 1, 0}, {0, 0, -1}}},
        feet_first_prone{{{1, 0, 0}, {0, -1, 0}, {0, 0, -1}}}, left{{{0, -1, 0}, {1, 0, 0}, {0, 0, 1}}},
        coronal{{{1, 0, 0}, {0, 0, 1}, {0, -1, 0}}}, sagittal{{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
    add(supine, {1.5, 2, 3});
    add(prone, {1.5, 1.5, 3});
    add(feet_first, {0.977, 0.977, 2});
    add(feet_first_prone, {1, 1.3, 2.5});
    add(left, {1.171875, 1.171875, 3});
    add(coronal, {1, 2, 1.5});
    add(sagittal, {1, 1, 1.25});
    add(test::rotation(0.1, 0, 0), {1.5, 1.5, 3});
    add(test::rotation(0.3, -0.2, 0.15), {1.5, 2, 3});
    add(test::product(feet_first, test::rotation(0, 0.25, 0.1)), {0.9, 0.9, 1});
    add(test::rotation(-0.7, 0.6, -0.5), {1.1, 1.2, 4.7});
    return all;
  }
};

// What is saved is what was drawn, voxel by voxel, holes and islands included: RTSTRUCT, SEG and masks.
TEST_P(ReviewOrientation, SavedIsWhatWasDrawn) {
  const auto review = open(grids()[static_cast<std::size_t>(GetParam())]);
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  for (int stroke = 0; stroke < 12; ++stroke) {
    LabelBox box;
    Runs runs;
    std::int64_t voxels = 1;
    for (std::size_t k = 0; k < 3; ++k) {
      box.low[k] = std::int64_t(random() % review->opened().grid.size[k]);
      box.size[k] = 1 + std::int64_t(random() % (review->opened().grid.size[k] - box.low[k]));
      voxels *= box.size[k];
    }
    while (voxels > 0) {
      runs.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(voxels, random() % 5)));
      voxels -= runs.back();
    }
    review->replace_mask(1 + stroke % 2, review->state()->revision, box, test::base64(runs), 0);
  }
  const VersionInfo saved = review->save("AB", "", true);
  const fs::path folder = review->store().folder_of(saved.number);
  const Structures drawn = review->state()->structures;
  const OpenedCase& opened = review->opened();
  for (const char* file : {"structures.dcm", "seg.dcm"}) {
    const auto stored = pipeline::read_stored_structures(folder / file, opened.grid, &opened.ct);
    ASSERT_GE(stored.structures.size(), 2u) << file;
    for (int i = 0; i < 2; ++i)
      EXPECT_TRUE(same_voxels(stored.structures[i].mask, *drawn[i].mask)) << file << i;
  }
  const LabelVolume mask = io::read_mask(folder / "masks/Parotid_L.nii.gz");
  EXPECT_TRUE(
      same_voxels(evaluation::boxed(pipeline::placed_on(opened.grid, mask, "mask"), 1), *drawn[0].mask));
}

INSTANTIATE_TEST_SUITE_P(All, ReviewOrientation, testing::Range(0, 11));

}  // namespace
