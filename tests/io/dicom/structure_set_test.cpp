#include "io/dicom/structure_set.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/organs.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A structure set with two ROIs, 3 and 6, of three contours each.
class StructureSets : public testing::Test {
 protected:
  StructureSets() : ct(test::make_ct(test::small_grid())), source(write_ct_series(folder / "ct", ct)) {
    std::vector<RoiContours> rois;
    for (const int id : {3, 6}) {
      RoiContours roi{*find_organ(standard_organs(), id), {}, {}};
      for (int z = 0; z < 3; ++z) {
        std::vector<Vec3> polygon;
        for (int i = 0; i < 5; ++i) polygon.push_back({id + i * 1.25, std::pow(-1.5, i), z * 3.0});
        roi.polygons.push_back(polygon);
        roi.slice.push_back(z);
      }
      rois.push_back(roi);
    }
    write_rtstruct(file, source, rois);
  }

  static DcmItem& item(DcmItem& data, const DcmTagKey& sequence, long index) {
    DcmItem* found = nullptr;
    EXPECT_TRUE(data.findAndGetSequenceItem(sequence, found, index).good());
    return *found;
  }
  static DcmItem& contour(DcmItem& data, long roi, long index) {
    return item(item(data, DCM_ROIContourSequence, roi), DCM_ContourSequence, index);
  }
  void edit(const std::function<void(DcmDataset&)>& change) { test::edit(file, change); }

  test::TemporaryFolder folder;
  CtVolume ct;
  DicomSource source;
  std::filesystem::path file = folder / "rs.dcm";
};

TEST_F(StructureSets, HoldWhatWasWritten) {
  const StructureSet set = read_structure_set(file);
  EXPECT_EQ(set.study_uid, source.study_instance_uid);
  EXPECT_THAT(set.referenced_series, ElementsAre(source.series_instance_uid));
  EXPECT_THAT(set.frame_of_reference_uids, ElementsAre(source.frame_of_reference_uid));
  EXPECT_EQ(set.referenced_images.size(), source.slices.size());
  EXPECT_EQ(set.label, "AnatomyNet");
  EXPECT_THAT(set.warnings, IsEmpty());
  ASSERT_EQ(set.rois.size(), 2U);
  EXPECT_EQ(set.rois[0].number, 3);
  EXPECT_EQ(set.rois[0].name, "Bone_Mandible");
  EXPECT_EQ(set.rois[0].interpreted_type, "ORGAN");
  EXPECT_EQ(set.rois[0].colour, (std::array<std::uint8_t, 3>{255, 220, 60}));
  EXPECT_THAT(set.rois[0].warnings, IsEmpty());
  ASSERT_EQ(set.rois[1].contours.size(), 3U);
  const StoredContour& c = set.rois[1].contours[2];
  EXPECT_EQ(c.type, "CLOSED_PLANAR");
  EXPECT_THAT(c.image_uids, ElementsAre(source.slices[2].sop_instance_uid));
  EXPECT_THAT(c.points, ElementsAre(Vec3{6, 1, 6}, Vec3{7.25, -1.5, 6}, Vec3{8.5, 2.25, 6},
                                    Vec3{9.75, -3.375, 6}, Vec3{11, 5.0625, 6}));
}

TEST_F(StructureSets, LongContoursCrossTheReadersChunks) {
  // About 3 MB in one value, numbers of every length.
  std::string text;
  std::vector<double> values;
  for (int i = 0; i < 300000; ++i) {
    const std::string number = std::to_string((i * 7919LL) % 100003 * (i % 2 ? 1 : -1)) +
                               (i % 3 ? std::string(".").append(std::to_string(i % 1000)) : "");
    values.push_back(std::stod(number));
    if (i > 0) text += '\\';
    text += number;
  }
  edit([&](DcmDataset& data) {
    contour(data, 0, 0).putAndInsertString(DCM_ContourData, text.c_str());
    contour(data, 0, 0).putAndInsertString(DCM_NumberOfContourPoints, "100000");
  });
  const StructureSet set = read_structure_set(file);
  ASSERT_EQ(set.rois[0].contours[0].points.size(), 100000U);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(set.rois[0].contours[0].points[i / 3][i % 3], values[i]) << i;
  EXPECT_THAT(set.rois[0].warnings, IsEmpty());
  EXPECT_EQ(set.rois[0].contours[1].points.size(), 5U);
}

TEST_F(StructureSets, JunkIsToleratedAndSaid) {
  edit([](DcmDataset& data) {
    contour(data, 0, 0).putAndInsertString(DCM_ContourData, "1\\ +2.5 \\x\\4\\\\6\\7\\8");
    contour(data, 0, 1).findAndDeleteElement(DCM_ContourData);
    contour(data, 0, 2).putAndInsertString(DCM_NumberOfContourPoints, "77");
    contour(data, 1, 0).findAndDeleteElement(DCM_ContourImageSequence);
    contour(data, 1, 0).findAndDeleteElement(DCM_ContourGeometricType);
    contour(data, 1, 1).putAndInsertString(DCM_ContourData, "nan\\inf\\1e400");
    item(data, DCM_ROIContourSequence, 1).putAndInsertString(DCM_ROIDisplayColor, "1\\900");
  });
  const StructureSet set = read_structure_set(file);
  const StoredRoi& first = set.rois[0];
  ASSERT_EQ(first.contours.size(), 3U);
  ASSERT_EQ(first.contours[0].points.size(), 2U);
  EXPECT_EQ(first.contours[0].points[0][1], 2.5);
  EXPECT_TRUE(std::isnan(first.contours[0].points[0][2]));
  EXPECT_TRUE(std::isnan(first.contours[0].points[1][1]));
  EXPECT_THAT(first.contours[1].points, IsEmpty());
  EXPECT_THAT(first.warnings, Contains(HasSubstr("1 contour with coordinates that are no numbers")));
  EXPECT_THAT(first.warnings, Contains(HasSubstr("1 contour whose Contour Data")));
  EXPECT_THAT(first.warnings, Contains(HasSubstr("1 contour without Contour Data")));
  EXPECT_THAT(first.warnings, Contains(HasSubstr("2 contours with another count")));
  EXPECT_THAT(set.rois[1].contours[0].image_uids, IsEmpty());
  EXPECT_FALSE(set.rois[1].colour);
  for (const double v : set.rois[1].contours[1].points.at(0)) EXPECT_TRUE(std::isnan(v));
}

TEST_F(StructureSets, NumbersThatDoNotFit) {
  edit([](DcmDataset& data) {
    item(data, DCM_ROIContourSequence, 1).putAndInsertString(DCM_ReferencedROINumber, "99");
    item(data, DCM_StructureSetROISequence, 1).putAndInsertString(DCM_ROINumber, "-");
  });
  const StructureSet set = read_structure_set(file);
  ASSERT_EQ(set.rois.size(), 3U);
  EXPECT_EQ(set.rois[1].name, "Parotid_L");
  EXPECT_THAT(set.rois[1].contours, IsEmpty());
  EXPECT_THAT(set.rois[1].warnings, ElementsAre(HasSubstr("ROI Number (3006,0022)")));
  EXPECT_EQ(set.rois[2].number, 99);
  EXPECT_EQ(set.rois[2].name, "");
  EXPECT_EQ(set.rois[2].contours.size(), 3U);
  EXPECT_THAT(set.rois[2].warnings, ElementsAre(HasSubstr("no name")));
}

TEST_F(StructureSets, TwoRoisOfOneNumberKeepTheirOwnContours) {
  edit([](DcmDataset& data) {
    item(data, DCM_ROIContourSequence, 1).putAndInsertString(DCM_ReferencedROINumber, "3");
    item(data, DCM_StructureSetROISequence, 1).putAndInsertString(DCM_ROINumber, "3");
  });
  const StructureSet set = read_structure_set(file);
  ASSERT_EQ(set.rois.size(), 2U);
  EXPECT_EQ(set.rois[0].contours[0].points[0][0], 3);
  EXPECT_EQ(set.rois[1].name, "Parotid_L");
  EXPECT_EQ(set.rois[1].contours[0].points[0][0], 6);
  EXPECT_THAT(set.rois[1].warnings, ElementsAre(HasSubstr("also that of ROI 'Bone_Mandible'")));
}

TEST_F(StructureSets, MissingSequences) {
  edit([](DcmDataset& data) {
    data.findAndDeleteElement(DCM_ROIContourSequence);
    data.findAndDeleteElement(DCM_RTROIObservationsSequence);
    data.findAndDeleteElement(DCM_ReferencedFrameOfReferenceSequence);
  });
  const StructureSet bare = read_structure_set(file);
  EXPECT_EQ(bare.rois.size(), 2U);
  EXPECT_THAT(bare.rois[0].contours, IsEmpty());
  EXPECT_THAT(bare.referenced_images, IsEmpty());
  edit([](DcmDataset& data) { data.findAndDeleteElement(DCM_StructureSetROISequence); });
  const StructureSet empty = read_structure_set(file);
  EXPECT_THAT(empty.rois, IsEmpty());
  EXPECT_THAT(empty.warnings, Contains(HasSubstr("holds no ROI")));
}

TEST_F(StructureSets, CharacterSets) {
  struct Case {
    const char *set, *raw, *utf8;
  };
  const Case cases[] = {
      {"ISO_IR 100", "Moelle \xe9pini\xe8re", "Moelle épinière"},
      {"ISO_IR 192", "Ohrspeicheldr\xc3\xbcse", "Ohrspeicheldrüse"},
      {"ISO_IR 126", "\xec\xe1\xf4\xe9", "ματι"},
      {"GB18030", "\xc4\xd4\xb8\xc9", "脑干"},
      {"\\ISO 2022 IR 87", "\x1b$BG>44\x1b(B", "脳幹"},
      {"ISO_IR_100", "\xe9", "é"},          // misspelt terms
      {"", "Gl\xe9nde", "Glénde"},          // undeclared, Latin-1
      {"", "\xc3\xa9pine", "épine"},        // undeclared, UTF-8
      {"KLINGON", "\xe9tage", "étage"},     // unknown
      {"ISO_IR 192", "\xe9tage", "étage"},  // declared UTF-8, but is none
  };
  for (const Case& c : cases) {
    edit([&](DcmDataset& data) {
      data.findAndDeleteElement(DCM_SpecificCharacterSet);
      if (*c.set) data.putAndInsertString(DCM_SpecificCharacterSet, c.set);
      item(data, DCM_StructureSetROISequence, 0).putAndInsertString(DCM_ROIName, c.raw);
    });
    const StructureSet set = read_structure_set(file);
    EXPECT_EQ(set.rois[0].name, c.utf8) << c.set;
    const bool doubtful =
        std::string(c.set).empty() || std::string(c.set) == "KLINGON" || std::string(c.raw) == "\xe9tage";
    EXPECT_EQ(set.warnings.size(), doubtful ? 1U : 0U) << c.set;
  }
}

TEST_F(StructureSets, CharacterSetsThatPydicomWrote) {
  if (test::run("/usr/bin/python3 -c 'import pydicom'").status != 0)
    GTEST_SKIP() << "NOT CHECKED: Debian's python3-pydicom is not installed";
  const std::string script = folder / "write.py";
  std::ofstream(script) << R"(import sys, pydicom
d = pydicom.dcmread(sys.argv[1])
d.SpecificCharacterSet = sys.argv[2].split("|") if "|" in sys.argv[2] else sys.argv[2]
d.StructureSetROISequence[0].ROIName = sys.argv[3]
d.PatientName = sys.argv[3] + "^X"
d.save_as(sys.argv[1])
)";
  const std::pair<const char*, const char*> cases[] = {
      {"ISO_IR 144", "Ствол мозга"},  {"ISO_IR 101", "Ślinianka przyuszna"}, {"ISO_IR 126", "Εγκέφαλος"},
      {"ISO_IR 148", "Omurilik şğı"}, {"ISO_IR 192", "脳幹 épine 腮腺"},     {"GB18030", "腮腺左"},
      {"|ISO 2022 IR 149", "뇌간"},   {"|ISO 2022 IR 87", "耳下腺"},         {"ISO_IR 166", "ต่อมน้ำลาย"},
      {"ISO_IR 13", "ｼﾞｶｾﾝ"},
  };
  for (const auto& [set_name, name] : cases) {
    const auto done =
        test::run("/usr/bin/python3 " + script + " " + file.string() + " '" + set_name + "' '" + name + "'");
    ASSERT_EQ(done.status, 0) << set_name << done.output;
    const StructureSet set = read_structure_set(file);
    EXPECT_EQ(set.rois[0].name, name) << set_name;
    EXPECT_EQ(set.patient_name, std::string(name) + "^X") << set_name;
    EXPECT_THAT(set.warnings, IsEmpty()) << set_name;
  }
}

TEST_F(StructureSets, OtherFilesAreRefused) {
  const auto error = [](const std::filesystem::path& path) {
    return test::input_error([&] { read_structure_set(path); });
  };
  EXPECT_THAT(error(folder / "absent.dcm"), HasSubstr("no such file"));
  EXPECT_THAT(error(folder.path()), HasSubstr("a folder, not a file"));
  test::write_bytes(folder / "text", "Parotid_L,12.5\n");
  EXPECT_THAT(error(folder / "text"), HasSubstr("not a DICOM file"));
  test::write_bytes(folder / "empty", "");
  EXPECT_THAT(error(folder / "empty"), HasSubstr("not a DICOM file"));
  EXPECT_THAT(error(test::files_in(folder / "ct")[0]), HasSubstr("CTImageStorage, expected an RTSTRUCT"));
}

TEST_F(StructureSets, TruncatedAnywhereIsRefused) {
  const std::string bytes = test::read_bytes(file);
  const std::filesystem::path cut = folder / "cut.dcm";
  // From where its data set has begun; steps that hit tags, lengths and values alike.
  std::size_t refused = 0, n = 200;
  for (; n < bytes.size(); n += 37) {
    test::write_bytes(cut, bytes.substr(0, n));
    bool whole = false;
    const std::string error = test::input_error([&] { whole = read_structure_set(cut).warnings.empty(); });
    // A cut between two elements of the data set breaks no length: what is missing is then said.
    EXPECT_FALSE(error.empty() && whole) << n << " of " << bytes.size();
    refused += !error.empty();
  }
  EXPECT_GT(refused, (n - 200) / 37 * 9 / 10);
}

TEST_F(StructureSets, DamagedBytesNeverCrash) {
  const std::string bytes = test::read_bytes(file);
  const std::filesystem::path damaged = folder / "damaged.dcm";
  unsigned state = 12345;
  const auto random = [&] { return state = state * 1664525U + 1013904223U, state >> 8; };
  int readable = 0;
  for (int round = 0; round < 400; ++round) {
    std::string copy = bytes;
    for (int k = 0; k < 1 + round % 8; ++k)
      copy[132 + random() % (copy.size() - 132)] = static_cast<char>(random());
    test::write_bytes(damaged, copy);
    try {
      read_structure_set(damaged);
      ++readable;
    } catch (const Error& failure) {
      EXPECT_EQ(failure.kind(), ErrorKind::input) << failure.what();
    }
  }
  EXPECT_GT(readable, 0);
}

}  // namespace
}  // namespace anatomynet::io
