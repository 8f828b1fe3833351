#include "curation/overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grids.h"
#include "core/error.h"
#include "curation/planted.h"
#include "phantom/phantom.h"

namespace anatomynet::curation {
namespace {
using ::testing::HasSubstr;

OverlapInput known_as(const std::string& source, const std::string& id, const std::string& patient = "",
                      Split split = Split::training) {
  OverlapInput c;
  c.ref.source = source, c.ref.id = id, c.ref.patient = patient, c.ref.split = split;
  return c;
}

// "0-2 the same RTOG 0522 patient"
std::vector<std::string> found(const std::vector<OverlapInput>& cases) {
  std::vector<std::string> out;
  for (const Overlap& o : find_overlaps(cases))
    out.push_back(std::to_string(o.a) + "-" + std::to_string(o.b) + " " + o.how);
  return out;
}

TEST(OverlapByName, FindsTrialIdsWhereverTheyStand) {
  auto aliased = known_as("deepmind", "x");
  aliased.ref.aliases = {"0522C0555"};
  EXPECT_THAT(
      found({known_as("pddca", "0522c0555"), known_as("cetuximab", "c7", "RTOG-0522c0555-old"), aliased}),
      ::testing::ElementsAre("0-1 the same RTOG 0522 patient", "0-2 the same RTOG 0522 patient",
                             "1-2 the same RTOG 0522 patient"));
}

TEST(OverlapByName, TakesNoOtherNumberForATrialId) {
  EXPECT_TRUE(found({known_as("a", "0522c0555"), known_as("b", "0522c05551"), known_as("c", "10522c0555"),
                     known_as("d", "0522c055"), known_as("e", "0522c0556"), known_as("f", "0522c")})
                  .empty());
}

TEST(OverlapByName, ShortIdsMeanTheSamePatientWithinOneSourceOnly) {
  EXPECT_TRUE(found({known_as("a", "1", "pt_1"), known_as("b", "2", "pt_1")}).empty());
  EXPECT_THAT(found({known_as("a", "1", "pt_1"), known_as("a", "2", "PT_1")}),
              ::testing::ElementsAre("0-1 the same patient ID"));
  EXPECT_THAT(found({known_as("a", "1", "HN-HGJ-012"), known_as("b", "2", "hn-hgj-012")}),
              ::testing::ElementsAre("0-1 the same patient ID"));
}

TEST(OverlapByName, AbsentIdsAndUidsAreNotShared) {
  auto a = known_as("a", "1"), b = known_as("a", "2");
  a.ref.aliases = b.ref.aliases = {""};
  a.ref.dicom_uids = b.ref.dicom_uids = {""};
  EXPECT_TRUE(found({a, b}).empty());
}

TEST(OverlapByName, FindsSharedDicomUids) {
  auto a = known_as("a", "1"), b = known_as("b", "2"), c = known_as("c", "3");
  a.ref.dicom_uids = {"1.2.3", "1.2.4"};
  b.ref.dicom_uids = {"1.2.9", "1.2.4"};
  c.ref.dicom_uids = {"1.2.40"};
  EXPECT_THAT(found({a, b, c}), ::testing::ElementsAre("0-1 DICOM UID 1.2.4"));
}

CtVolume phantom_ct(std::uint64_t seed) {
  phantom::PhantomOptions options;
  options.seed = seed;
  options.size = {96, 96, 80};
  return phantom::make_phantom(options).ct;
}

TEST(OverlapByContent, NamesIdenticalVoxelsWhateverTheirOrder) {
  OverlapInput a = known_as("a", "1"), b = known_as("b", "2");
  const CtVolume ct = phantom_ct(3);
  a.scan = describe_scan(ct);
  for (const Mat3& direction : test::axis_directions()) {
    Grid wanted = ct.grid;
    wanted.direction = direction;
    const Orientation o = nearest_orientation(wanted);
    // The grid that, brought to L, P, S, is the phantom's.
    Grid g = ct.grid;
    g.direction = direction;
    for (std::size_t k = 0; k < 3; ++k) {
      g.size[std::size_t(o.axis[k])] = ct.grid.size[k];
      g.spacing[std::size_t(o.axis[k])] = ct.grid.spacing[k];
    }
    b.scan = describe_scan(reorient_back(ct, g, o));
    EXPECT_THAT(found({a, b}), ::testing::ElementsAre("0-1 identical voxels"));
  }
}

TEST(OverlapByContent, FindsEveryPlantedCopyOfAPhantom) {
  const CtVolume ct = phantom_ct(5);
  const ScanDescriptor original = describe_scan(ct);
  for (const auto& [how, copy] : test::planted_copies(ct, 1))
    EXPECT_GE(similarity(original, describe_scan(copy)), same_scan_similarity) << how;
}

TEST(OverlapByContent, DoesNotDependOnTheOrder) {
  const CtVolume ct = phantom_ct(5);
  const ScanDescriptor a = describe_scan(ct), b = describe_scan(test::resampled(ct, {5, 5, 5})),
                       c = describe_scan(phantom_ct(6));
  EXPECT_EQ(similarity(a, b), similarity(b, a));
  EXPECT_EQ(similarity(a, c), similarity(c, a));
  EXPECT_LT(similarity(a, c), similarity(a, b));
}

TEST(OverlapByContent, EmptyAndTinyScansAreLikeNothing) {
  Grid g;
  g.size = {40, 40, 20};
  g.spacing = {3, 3, 3};
  const ScanDescriptor air = describe_scan(CtVolume(g, -1000)), water = describe_scan(CtVolume(g, 0)),
                       patient = describe_scan(phantom_ct(5));
  g.size = {1, 1, 1};
  const ScanDescriptor voxel = describe_scan(CtVolume(g, 40));
  EXPECT_LT(similarity(air, water), same_scan_similarity);
  EXPECT_LT(similarity(air, patient), same_scan_similarity);
  EXPECT_LT(similarity(voxel, patient), same_scan_similarity);
  EXPECT_LT(similarity(voxel, air), same_scan_similarity);
}

TEST(OverlapByContent, RefusesDamagedDescriptors) {
  const ScanDescriptor good = describe_scan(phantom_ct(5));
  ScanDescriptor cut = good, wild = good;
  cut.values.pop_back();
  for (const float slices : {-1.0F, 1e30F, std::numeric_limits<float>::quiet_NaN()}) {
    wild.values[0] = slices;
    EXPECT_THROW(similarity(good, wild), Error) << slices;
  }
  EXPECT_THROW(similarity(cut, good), Error);
  EXPECT_THROW(similarity({}, good), Error);
}

TEST(ResolveOverlaps, TestWinsOverValidationOverTraining) {
  const std::vector<OverlapInput> cases{known_as("a", "train", "", Split::training),
                                        known_as("b", "valid", "", Split::validation),
                                        known_as("c", "test", "", Split::test), known_as("d", "alone")};
  const auto leaks = resolve_overlaps(cases, {{0, 1, "DICOM UID 1"}, {1, 2, "image content (0.97)"}});
  ASSERT_EQ(leaks.size(), 2U);
  EXPECT_EQ(leaks[0].dropped, 0U);
  EXPECT_EQ(leaks[0].kept, 2U);
  EXPECT_EQ(leaks[0].how, "DICOM UID 1, through b valid");
  EXPECT_EQ(leaks[1].dropped, 1U);
  EXPECT_EQ(leaks[1].kept, 2U);
  EXPECT_EQ(leaks[1].how, "image content (0.97)");
}

TEST(ResolveOverlaps, KeepsTheFirstWithinASplitOrAllWhereAsked) {
  const std::vector<OverlapInput> cases{known_as("a", "1"), known_as("a", "2"),
                                        known_as("b", "3", "", Split::test)};
  const std::vector<Overlap> twice{{0, 1, "patient id x"}};
  const auto leaks = resolve_overlaps(cases, twice);
  ASSERT_EQ(leaks.size(), 1U);
  EXPECT_EQ(leaks[0].dropped, 1U);
  EXPECT_EQ(leaks[0].kept, 0U);
  EXPECT_TRUE(resolve_overlaps(cases, twice, false).empty());
  // A leak into the test set goes even then, both of its copies.
  EXPECT_EQ(resolve_overlaps(cases, {{0, 1, "patient id x"}, {1, 2, "patient id y"}}, false).size(), 2U);
}

TEST(ResolveOverlaps, NamesALeakingTrainingCaseFoundByItsImageAlone) {
  const CtVolume scan = phantom_ct(5);
  std::vector<OverlapInput> cases{known_as("tcia", "HN-1", "HN-1"),
                                  known_as("challenge", "x9", "x9", Split::test),
                                  known_as("tcia", "HN-2", "HN-2")};
  cases[0].scan = describe_scan(test::noisy(test::resampled(test::turned(scan), {3, 3, 4}), 20, 15, 7));
  cases[1].scan = describe_scan(scan);
  const auto leaks = resolve_overlaps(cases, find_overlaps(cases));
  ASSERT_EQ(leaks.size(), 1U);
  EXPECT_EQ(leaks[0].dropped, 0U);
  EXPECT_EQ(leaks[0].kept, 1U);
  EXPECT_THAT(leaks[0].how, HasSubstr("image content ("));
}

}  // namespace
}  // namespace anatomynet::curation
