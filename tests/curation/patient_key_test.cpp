#include "curation/patient_key.h"

#include <gtest/gtest.h>

namespace anatomynet::curation {
namespace {

PatientKey key_of(const std::vector<PatientIdentity>& patients) {
  PatientKey key;
  key.add("clinic", patients);
  return key;
}

TEST(PatientKey, NumbersInTheOrderOfIdsAndKeepsThoseOfAnEarlierRun) {
  PatientKey key = key_of({{"C"}, {"A"}, {"C"}});
  EXPECT_EQ(key.number("clinic", "A"), 1);
  EXPECT_EQ(key.number("clinic", "C"), 2);
  EXPECT_EQ(key.number("clinic", "B"), 0);
  EXPECT_EQ(key.number("other", "A"), 0);
  EXPECT_EQ(key.patients().size(), 2U);

  PatientKey later;
  later.remember("clinic", 1, "A");
  later.remember("clinic", 2, "C");
  later.add("clinic", {{"0"}, {"A"}, {"C"}});
  EXPECT_EQ(later.number("clinic", "A"), 1);
  EXPECT_EQ(later.number("clinic", "C"), 2);
  EXPECT_EQ(later.number("clinic", "0"), 3);
}

TEST(PatientKey, HidesIdsAndNamesHoweverTheyAreSpelt) {
  const PatientKey key = key_of({{"QX-4711", {"0522c0009"}, {"Zwingl^Aloisia"}}});
  const std::string hidden = "/data/[patient 1]/ct: damaged";
  for (const char* folder : {"QX-4711", "qx_4711", "QX 4711", "qx4711", "Zwingl^Aloisia", "ZWINGL_ALOISIA",
                             "Aloisia Zwingl", "Zwingl, Aloisia", "zwinglaloisia", "Zwingl", "0522c0009"})
    EXPECT_EQ(key.hide("/data/" + std::string(folder) + "/ct: damaged"), hidden);
  EXPECT_EQ(key.hide("CTQX-4711x.dcm and QX-4711"), "CT[patient 1]x.dcm and [patient 1]");
  EXPECT_EQ(key.hide("/data/QX-47110/ct"), "/data/[patient 1]0/ct");
  EXPECT_EQ(key.hide("/data/QX-471/ct: slice 4711"), "/data/QX-471/ct: slice 4711");
}

TEST(PatientKey, HidesGivenNamesAsWordsOfTheirOwn) {
  const PatientKey key = key_of({{"QX-4711", {}, {"Zwingl^Aloisia Mandi"}}});
  EXPECT_EQ(key.hide("lost/aloisia_1.dcm: GTV Aloisia, mandi"),
            "lost/[patient 1]_1.dcm: GTV [patient 1], [patient 1]");
  EXPECT_EQ(key.hide("Mandible and Aloisias"), "Mandible and Aloisias");
}

TEST(PatientKey, LeavesUidsAndWordsThatShortIdsArePartOf) {
  const PatientKey key = key_of({{"10008"}, {"A"}, {"CT"}, {"123456"}});
  EXPECT_EQ(key.hide("1.2.840.10008.5 and /a 10008/x"), "1.2.840.10008.5 and /a [patient 1]/x");
  EXPECT_EQ(key.hide("a CT slice of CTs in /data/A/CT0001.dcm"),
            "a [patient 4] slice of CTs in /data/[patient 3]/CT0001.dcm");
  EXPECT_EQ(key.hide("CT123456.dcm, 1234567, 1.123456.2"), "CT[patient 2].dcm, 1234567, 1.123456.2");
}

TEST(PatientKey, NamesOfCollectionsThatAreOpenStay) {
  PatientKey key = key_of({{"pt_1", {}, {}, true}});
  EXPECT_EQ(key.hide("/data/pt_1/ct"), "/data/pt_1/ct");
  EXPECT_EQ(key.number("clinic", "pt_1"), 1);
}

}  // namespace
}  // namespace anatomynet::curation
