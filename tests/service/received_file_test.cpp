#include "service/receiver/received_file.h"

#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include "common/temporary_folder.h"

namespace {

using namespace anatomynet::service;
using anatomynet::test::read_bytes;
using anatomynet::test::TemporaryFolder;

const InstanceNames names{UID_CTImageStorage, "1.2.3.4", UID_LittleEndianExplicitTransferSyntax};
constexpr std::int64_t megabyte = 1 << 20;

std::string patient_id() { return std::string("\x10\0\x20\0LO\x04\0ABCD", 12); }

TEST(ReceivedFile, HasAHeaderThatDcmtkReadsAndTheBytesAsTheyCame) {
  const TemporaryFolder folder;
  ReceivedFile file(folder / "a", names, megabyte);
  const std::string data = patient_id();
  EXPECT_EQ(file.write(data.data(), 5), 5);
  EXPECT_EQ(file.write(data.data() + 5, 7), 7);
  file.finish();
  ASSERT_EQ(file.problem(), "");
  const std::string bytes = read_bytes(folder / "a");
  EXPECT_EQ(file.bytes(), static_cast<std::int64_t>(bytes.size()));
  EXPECT_TRUE(bytes.ends_with(data));
  DcmFileFormat format;
  ASSERT_TRUE(format.loadFile((folder / "a").c_str()).good());
  OFString text;
  format.getMetaInfo()->findAndGetOFString(DCM_MediaStorageSOPInstanceUID, text);
  EXPECT_EQ(text, "1.2.3.4");
  format.getMetaInfo()->findAndGetOFString(DCM_TransferSyntaxUID, text);
  EXPECT_EQ(text, UID_LittleEndianExplicitTransferSyntax);
  format.getDataset()->findAndGetOFString(DCM_PatientID, text);
  EXPECT_EQ(text, "ABCD");
}

TEST(ReceivedFile, ContentTellsUidSyntaxAndBytesApart) {
  const TemporaryFolder folder;
  const auto content = [&](InstanceNames n, const std::string& data) {
    ReceivedFile file(folder / "a", n, megabyte);
    file.write(data.data(), static_cast<offile_off_t>(data.size()));
    file.finish();
    return file.content();
  };
  const std::string first = content(names, "abcd");
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(content(names, "abcd"), first);
  EXPECT_NE(content(names, "abce"), first);
  EXPECT_NE(content({names.sop_class, "1.2.3.5", names.transfer_syntax}, "abcd"), first);
  EXPECT_NE(content({names.sop_class, names.sop_instance_uid, "1.2"}, "abcd"), first);
}

TEST(ReceivedFile, TakesTooManyBytesAndSaysSo) {
  const TemporaryFolder folder;
  ReceivedFile file(folder / "a", names, megabyte);
  const std::string block(64 << 10, 'x');
  for (int k = 0; k < 100; ++k) EXPECT_EQ(file.write(block.data(), 64 << 10), 64 << 10);
  file.finish();
  EXPECT_NE(file.problem().find("larger than 1 MB"), std::string::npos) << file.problem();
  EXPECT_LE(read_bytes(folder / "a").size(), std::size_t{1} << 20);
}

TEST(ReceivedFile, SaysThatItCannotWrite) {
  ReceivedFile file("/nonexistent/a", names, megabyte);
  EXPECT_EQ(file.write("abcd", 4), 4);
  file.finish();
  EXPECT_NE(file.problem(), "");
}

}  // namespace
