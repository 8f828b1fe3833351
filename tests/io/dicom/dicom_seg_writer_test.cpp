#include "io/dicom/dicom_seg_writer.h"

#include <algorithm>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/dicom_seg.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

// Rows and columns whose product is no multiple of 8: frames begin within bytes.
Grid odd_grid() {
  Grid grid;
  grid.size = {31, 23, 9};
  grid.spacing = {1.171875, 0.9, 2.5};
  grid.origin = {-33.2, -140.7, 1024.55};
  return grid;
}

// Noise of the labels 0 to 3 in the middle slices, so that every bit of a frame counts.
LabelVolume noise(const Grid& grid) {
  LabelVolume labels(grid);
  std::uint32_t state = 12345;
  for (std::int64_t z = 2; z < 7; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        state = state * 1664525U + 1013904223U;
        labels.at(x, y, z) = static_cast<std::uint8_t>(state >> 30);
      }
  const auto slice = static_cast<std::ptrdiff_t>(grid.size[0] * grid.size[1]);
  std::replace(labels.voxels.begin() + 4 * slice, labels.voxels.begin() + 5 * slice, std::uint8_t{3},
               std::uint8_t{0});  // organ 3 skips a slice
  return labels;
}

class SegWriter : public testing::Test {
 protected:
  SegWriter() { place(odd_grid()); }
  void place(const Grid& grid) {
    fs::remove_all(folder / "ct");
    const CtVolume ct = test::make_ct(grid);
    source = write_ct_series(folder / "ct", ct);
    labels = noise(grid);
  }
  void write(const SegmentationOptions& options = {.algorithm = "model 1", .software_version = "0.1"}) {
    SegmentationWriter writer(source, labels.grid, options);
    for (int id = 1; id <= 4; ++id)
      EXPECT_EQ(writer.add(*find_organ(standard_organs(), id), labels, id), id <= 3) << id;
    writer.write(path);
  }
  // Every voxel of every segment; slices that the file leaves out are empty.
  void expect_same_masks() {
    const DicomSegmentation back = read_segmentation(path);
    ASSERT_EQ(back.segments.size(), 3u);
    EXPECT_EQ(back.frame_of_reference_uid, source.frame_of_reference_uid);
    const Vec3 start = labels.grid.to_index(back.grid.origin);
    for (const StoredSegment& segment : back.segments) {
      const LabelVolume mask = back.mask(segment);
      for (std::int64_t z = 0; z < labels.grid.size[2]; ++z)
        for (std::int64_t y = 0; y < labels.grid.size[1]; ++y)
          for (std::int64_t x = 0; x < labels.grid.size[0]; ++x) {
            const std::int64_t k = z - std::lround(start[2]);
            const bool stored = k >= 0 && k < back.grid.size[2] && mask.at(x, y, k) != 0;
            ASSERT_EQ(stored, labels.at(x, y, z) == segment.number) << x << " " << y << " " << z;
          }
    }
  }
  TemporaryFolder folder;
  DicomSource source;
  LabelVolume labels;
  fs::path path = folder / "seg.dcm";
};

TEST_F(SegWriter, ComesBackVoxelByVoxel) {
  write();
  expect_same_masks();
  Grid turned = odd_grid();
  turned.direction = test::rotation(13, 31);
  place(turned);
  write();
  expect_same_masks();
}

TEST_F(SegWriter, NoBitIsLostWhereverFramesEnd) {
  for (const std::int64_t columns : {16, 17, 18, 19, 20, 21, 22, 23}) {
    Grid grid = odd_grid();
    grid.size = {columns, 9, 9};
    place(grid);
    for (std::int64_t z = 2; z < 7; ++z) labels.at(columns - 1, 8, z) = 1;  // the last bit of a frame
    labels.at(0, 0, 2) = labels.at(0, 0, 3) = 2;                            // the first
    write();
    expect_same_masks();
  }
}

TEST_F(SegWriter, IsValidForDciodvfy) {
  REQUIRE_TOOL("dciodvfy");
  write();
  const std::string output = test::run("dciodvfy " + path.string()).output;
  EXPECT_THAT(output, HasSubstr("Segmentation"));
  EXPECT_THAT(output, Not(HasSubstr("Error")));
  EXPECT_THAT(output, Not(HasSubstr("Warning")));
}

TEST_F(SegWriter, IsOneSegmentAnOrganForDcmtk) {
  write();
  DcmSegmentation* loaded = nullptr;
  ASSERT_TRUE(DcmSegmentation::loadFile(path.c_str(), loaded).good());
  const std::unique_ptr<DcmSegmentation> seg(loaded);
  EXPECT_EQ(seg->getNumberOfSegments(), 3u);
  EXPECT_EQ(seg->getNumberOfFrames(), 5u + 5u + 4u);  // organ 3 is not on one slice
  OFString value;
  CodeSequenceMacro& type = seg->getSegment(2)->getSegmentedPropertyTypeCode();
  type.getCodeValue(value);
  EXPECT_EQ(value, "244453006");
  seg->getSegment(3)->getSegmentLabel(value);
  EXPECT_EQ(value, "Bone_Mandible");
}

TEST_F(SegWriter, SaysToPydicomWhatWasMeant) {
  if (test::run("/usr/bin/python3 -c 'import pydicom, numpy'").status != 0)
    GTEST_SKIP() << "NOT CHECKED: python3-pydicom and python3-numpy are not installed";
  source.patient_name = "Doe^Jane";
  SegmentationWriter writer(source, labels.grid, {.algorithm = "model 1"});
  LabelVolume parotid = labels;
  writer.add(*find_organ(standard_organs(), 6), parotid, 1);
  writer.add({300, "Tumour bed", "", "", "", Laterality::none, {1, 2, 3}}, labels, 2);
  writer.write(path);
  const std::string code =
      "import pydicom, numpy\\n"
      "d = pydicom.dcmread('" +
      path.string() +
      "')\\n"
      "print(d.PatientName, d.Modality, d.SegmentationType, d.NumberOfFrames)\\n"
      "for s in d.SegmentSequence:\\n"
      "  t = s.SegmentedPropertyTypeCodeSequence[0]\\n"
      "  print(s.SegmentNumber, s.SegmentLabel, s.SegmentAlgorithmType, s.SegmentAlgorithmName, "
      "t.CodingSchemeDesignator, t.CodeValue, "
      "*[m.CodeMeaning for m in t.get('SegmentedPropertyTypeModifierCodeSequence', [])])\\n"
      "print('voxels', int(numpy.count_nonzero(d.pixel_array)))\\n"
      "f = d.PerFrameFunctionalGroupsSequence[0]\\n"
      "print('source', f.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID)\\n"
      "print('series', d.ReferencedSeriesSequence[0].SeriesInstanceUID, "
      "len(d.ReferencedSeriesSequence[0].ReferencedInstanceSequence))\\n";
  const auto result = test::run("printf \"" + code + "\" | /usr/bin/python3 -");
  ASSERT_EQ(result.status, 0) << result.output;
  const auto voxels = std::count_if(labels.voxels.begin(), labels.voxels.end(),
                                    [](std::uint8_t v) { return v == 1 || v == 2; });
  for (const std::string& line :
       {std::string("Doe^Jane SEG BINARY 10"),
        std::string("1 Parotid_L AUTOMATIC model 1 SCT 45289007 Left\n"),
        std::string("2 Tumour bed AUTOMATIC model 1 SCT 85756007\n"), "voxels " + std::to_string(voxels),
        "source " + source.slices[2].sop_instance_uid, "series " + source.series_instance_uid + " 9"})
    EXPECT_THAT(result.output, HasSubstr(line));
}

TEST_F(SegWriter, SameSeedSameBytes) {
  write({.uid_seed = "a"});
  const std::string first = test::read_bytes(path);
  write({.uid_seed = "a"});
  EXPECT_EQ(test::read_bytes(path), first);
  write({.uid_seed = "b"});
  EXPECT_NE(test::read_bytes(path), first);
}

TEST_F(SegWriter, KeepsWhatTheCtSaysOfThePatientEvenIfNotValid) {
  source.specific_character_set = "\\ISO 2022 IR 87";
  source.patient_name = "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B";
  source.patient_birth_date = "about 1950";
  source.study_instance_uid = "1.2.003.4";  // a component with leading zeros, as found in the field
  source.patient_id = std::string(90, '7');
  write();
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  const auto value = [&](const DcmTagKey& tag) {
    OFString text;
    file.getDataset()->findAndGetOFStringArray(tag, text);
    return std::string(text.c_str());
  };
  EXPECT_EQ(value(DCM_SpecificCharacterSet), source.specific_character_set);
  EXPECT_EQ(value(DCM_PatientName), source.patient_name);
  EXPECT_EQ(value(DCM_PatientBirthDate), source.patient_birth_date);
  EXPECT_EQ(value(DCM_StudyInstanceUID), source.study_instance_uid);
  EXPECT_EQ(value(DCM_PatientID), source.patient_id);
  expect_same_masks();
}

TEST_F(SegWriter, LabelsBeyondAsciiComeBack) {
  source.specific_character_set = "ISO_IR 100";
  source.patient_name = "M\xfcller";
  SegmentationWriter writer(source, labels.grid);
  Organ organ = standard_organs()[0];
  organ.name = "Hirnstamm (größer)";
  writer.add(organ, labels, 1);
  writer.write(path);
  EXPECT_EQ(read_segmentation(path).segments.at(0).label, organ.name);
  Organ greek = organ;
  greek.name = "παρωτίδα";
  SegmentationWriter other(source, labels.grid);
  other.add(greek, labels, 1);
  EXPECT_THAT(test::input_error([&] { other.write(folder / "greek.dcm"); }), HasSubstr("ISO_IR 100"));
  EXPECT_FALSE(fs::exists(folder / "greek.dcm"));
}

TEST_F(SegWriter, RefersToFramesOfAnEnhancedCt) {
  source.sop_class_uid = UID_EnhancedCTImageStorage;
  for (std::size_t z = 0; z < source.slices.size(); ++z)
    source.slices[z] = {source.slices[0].sop_instance_uid, source.slices[z].position, int(z) + 1};
  write();
  expect_same_masks();
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  DcmItem *series = nullptr, *image = nullptr;
  ASSERT_TRUE(file.getDataset()->findAndGetSequenceItem(DCM_ReferencedSeriesSequence, series, 0).good());
  EXPECT_TRUE(series->findAndGetSequenceItem(DCM_ReferencedInstanceSequence, image, 0).good());
  EXPECT_TRUE(series->findAndGetSequenceItem(DCM_ReferencedInstanceSequence, image, 1).bad());
}

TEST_F(SegWriter, NothingToWriteIsRefused) {
  SegmentationWriter writer(source, labels.grid);
  EXPECT_FALSE(writer.add(standard_organs()[8], labels, 9));
  EXPECT_THAT(test::input_error([&] { writer.write(path); }), HasSubstr("no organ has a voxel"));
  EXPECT_FALSE(fs::exists(path));
  source.study_instance_uid.clear();
  EXPECT_THAT(test::input_error([&] { SegmentationWriter(source, labels.grid); }),
              HasSubstr("Study Instance UID (0020,000d)"));
}

}  // namespace
}  // namespace anatomynet::io
