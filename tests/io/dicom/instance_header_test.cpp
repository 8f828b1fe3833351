#include "io/dicom/instance_header.h"

#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "io/support.h"

namespace {

using namespace anatomynet;
using io::read_instance_header;
using test::expect_refused;
using test::TemporaryFolder;

std::filesystem::path write(const TemporaryFolder& folder) {
  DcmFileFormat format;
  DcmDataset& data = *format.getDataset();
  data.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100");
  data.putAndInsertString(DCM_SOPClassUID, UID_CTImageStorage);
  data.putAndInsertString(DCM_SOPInstanceUID, "1.2.3");
  data.putAndInsertString(DCM_StudyInstanceUID, "1.2.4");
  data.putAndInsertString(DCM_SeriesInstanceUID, "1.2.5");
  data.putAndInsertString(DCM_Modality, "CT");
  data.putAndInsertString(DCM_PatientName, "M\xfcller^Ann");
  data.putAndInsertString(DCM_PatientID, "ID 7");
  data.putAndInsertString(DCM_StudyDescription, "Neck");
  data.putAndInsertString(DCM_ImageType, "ORIGINAL\\PRIMARY");
  data.putAndInsertString(DCM_NumberOfSeriesRelatedInstances, "120");
  format.saveFile((folder / "a.dcm").c_str(), EXS_LittleEndianExplicit);
  return folder / "a.dcm";
}

TEST(InstanceHeader, SaysWhatTheFileIs) {
  const TemporaryFolder folder;
  const io::InstanceHeader header =
      read_instance_header(write(folder), {"StudyDescription", "ImageType", "ProtocolName"});
  EXPECT_EQ(header.sop_class, UID_CTImageStorage);
  EXPECT_EQ(header.sop_instance_uid, "1.2.3");
  EXPECT_EQ(header.study_uid, "1.2.4");
  EXPECT_EQ(header.series_uid, "1.2.5");
  EXPECT_EQ(header.modality, "CT");
  EXPECT_EQ(header.patient_id, "ID 7");
  EXPECT_EQ(header.patient_name, "M\xc3\xbcller^Ann");
  EXPECT_EQ(header.series_instances, 120);
  EXPECT_EQ(header.tags.at("StudyDescription"), "Neck");
  EXPECT_EQ(header.tags.at("ImageType"), "ORIGINAL\\PRIMARY");
  EXPECT_EQ(header.tags.at("ProtocolName"), "");
}

TEST(InstanceHeader, RefusesWhatItDoesNotKnow) {
  const TemporaryFolder folder;
  const std::filesystem::path file = write(folder);
  expect_refused(ErrorKind::usage, {"Modalitie", "PS3.6"},
                 [&] { read_instance_header(file, {"Modalitie"}); });
  expect_refused(ErrorKind::usage, {"0008,0060"}, [&] { read_instance_header(file, {"0008,0060"}); });
  EXPECT_TRUE(io::is_dicom_keyword("Modality"));
  EXPECT_FALSE(io::is_dicom_keyword("modality of it"));
  expect_refused(ErrorKind::input, {"no such file"}, [&] { read_instance_header(folder / "none"); });
  std::filesystem::resize_file(file, 300);
  expect_refused(ErrorKind::input, {"a.dcm", "damaged"}, [&] { read_instance_header(file); });
}

TEST(InstanceHeader, ReadableSyntaxesAreDcmtks) {
  std::set<std::string> known;
  for (const std::string& uid : io::readable_transfer_syntaxes()) {
    EXPECT_NE(DcmXfer(uid.c_str()).getXfer(), EXS_Unknown) << uid;
    EXPECT_TRUE(known.insert(uid).second) << uid;
  }
  EXPECT_EQ(io::readable_transfer_syntaxes().front(), UID_LittleEndianExplicitTransferSyntax);
}

}  // namespace
