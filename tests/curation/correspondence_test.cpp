#include "curation/correspondence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anatomynet::curation {
namespace {
using ::testing::HasSubstr;

io::ArchivedCt ct_of(const std::string& patient, const std::string& name, int slices,
                     const std::string& frame = "") {
  io::ArchivedCt ct;
  ct.patient_id = patient;
  ct.study_uid = patient + ".study";
  ct.series_uid = name;
  ct.frame_of_reference_uid = frame.empty() ? name + ".frame" : frame;
  for (int i = 0; i < slices; ++i) {
    ct.sop_instance_uids.push_back(name + "." + std::to_string(i));
    ct.files.emplace_back(ct.sop_instance_uids.back());
  }
  return ct;
}

io::StructureSet set_of(const std::string& patient) {
  io::StructureSet set;
  set.patient_id = patient;
  set.study_uid = patient + ".study";
  return set;
}

TEST(Correspondence, FollowsTheRulesInTheirOrder) {
  const std::vector<io::ArchivedCt> cts{ct_of("A", "a1", 5), ct_of("A", "a2", 7), ct_of("B", "b", 5)};
  const CtFinder find(cts);
  io::StructureSet set = set_of("A");
  set.referenced_images = {"a1.0", "a1.1", "a2.6", "gone.1"};
  set.referenced_series = {"a2"};
  set.frame_of_reference_uids = {"b.frame"};
  Correspondence found = find(set);
  EXPECT_EQ(found.ct, 0U);
  EXPECT_EQ(found.rule, MatchRule::images);
  EXPECT_THAT(found.how, HasSubstr("2 of 4"));
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_THAT(found.warnings[0], HasSubstr("2 referenced images of 4 not in the CT"));

  set.referenced_images = {"gone.1"};
  found = find(set);
  EXPECT_EQ(found.ct, 1U);
  EXPECT_EQ(found.rule, MatchRule::series);

  set.referenced_series = {"pet"};
  set.frame_of_reference_uids = {"a1.frame"};
  found = find(set);
  EXPECT_EQ(found.ct, 0U);
  EXPECT_EQ(found.rule, MatchRule::frame_of_reference);
  EXPECT_THAT(found.warnings.at(0), HasSubstr("another series"));
}

TEST(Correspondence, RejectsASetWhoseCtIsAbsent) {
  const std::vector<io::ArchivedCt> cts{ct_of("A", "a", 5), ct_of("B", "b", 5)};
  const CtFinder find(cts);
  io::StructureSet set = set_of("A");
  set.referenced_images = {"gone.1"};
  EXPECT_FALSE(find(set).ct);
  EXPECT_THAT(find(set).how, HasSubstr("not there"));
  // Another patient's frame of reference is no bridge.
  set.frame_of_reference_uids = {"b.frame"};
  EXPECT_FALSE(find(set).ct);
  EXPECT_FALSE(find(set_of("C")).ct);
}

TEST(Correspondence, TakesTheOnlyCtOfTheStudyWhereNothingIsReferredTo) {
  std::vector<io::ArchivedCt> cts{ct_of("A", "a", 5), ct_of("B", "b", 5)};
  io::StructureSet set = set_of("B");
  {
    const Correspondence found = CtFinder(cts)(set);
    EXPECT_EQ(found.ct, 1U);
    EXPECT_EQ(found.rule, MatchRule::position);
    EXPECT_FALSE(found.warnings.empty());
  }
  cts.push_back(ct_of("B", "b2", 5));
  EXPECT_FALSE(CtFinder(cts)(set).ct) << "two CTs: which one would be a guess";
}

TEST(Correspondence, CopiesOfOneCtUnderTwoPatientsAreToldApartByPatient) {
  std::vector<io::ArchivedCt> cts{ct_of("A", "same", 5), ct_of("B", "same", 5)};
  io::StructureSet set = set_of("B");
  set.referenced_images = {"same.0", "same.1"};
  EXPECT_EQ(CtFinder(cts)(set).ct, 1U);
  set.patient_id = "C";
  set.study_uid.clear();
  EXPECT_FALSE(CtFinder(cts)(set).ct);
}

TEST(Correspondence, SurerRulesGoFirstThenLaterSets) {
  io::StructureSet older = set_of("A"), newer = set_of("A");
  older.date = "20080101";
  newer.date = "20080102";
  EXPECT_TRUE(goes_first(newer, MatchRule::images, older, MatchRule::images));
  EXPECT_FALSE(goes_first(older, MatchRule::images, newer, MatchRule::images));
  EXPECT_TRUE(goes_first(older, MatchRule::images, newer, MatchRule::frame_of_reference));
  newer.date = older.date;
  newer.time = "120000";
  EXPECT_TRUE(goes_first(newer, MatchRule::images, older, MatchRule::images));
}

}  // namespace
}  // namespace anatomynet::curation
