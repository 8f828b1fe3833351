#include "service/receiver/received_file.h"

#include <optional>

#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include "common/temporary_folder.h"

namespace {

using namespace anatomynet::service;
using anatomynet::test::read_bytes;
using anatomynet::test::TemporaryFolder;

const InstanceNames names{UID_CTImageStorage, "1.2.3.4", UID_LittleEndianExplicitTransferSyntax, "SCANNER"};
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
  EXPECT_NE(content({names.sop_class, "1.2.3.5", names.transfer_syntax, "SCANNER"}, "abcd"), first);
  EXPECT_NE(content({names.sop_class, names.sop_instance_uid, "1.2", "SCANNER"}, "abcd"), first);
  EXPECT_EQ(content({names.sop_class, names.sop_instance_uid, names.transfer_syntax, "ANOTHER"}, "abcd"),
            first);
}

TEST(ReceivedFile, IsReadBackAndKnownAsWhole) {
  const TemporaryFolder folder;
  ReceivedFile file(folder / "a", names, megabyte);
  const std::string data = patient_id();
  file.write(data.data(), static_cast<offile_off_t>(data.size()));
  file.finish();
  const std::string bytes = read_bytes(folder / "a");
  const std::optional<FileHeader> header = read_file_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(bytes.substr(header->bytes), data);
  EXPECT_EQ(header->names.sop_class, names.sop_class);
  EXPECT_EQ(header->names.sop_instance_uid, names.sop_instance_uid);
  EXPECT_EQ(header->names.transfer_syntax, names.transfer_syntax);
  EXPECT_EQ(header->names.calling_ae, "SCANNER");
  const std::string content = file.content();
  EXPECT_EQ(content_of(folder / "a", *header), content);
  std::filesystem::resize_file(folder / "a", bytes.size() - 1);
  EXPECT_NE(content_of(folder / "a", *header), content);
  for (std::size_t cut = 0; cut < header->bytes; ++cut)
    EXPECT_FALSE(read_file_header(bytes.substr(0, cut))) << cut;
}

TEST(ReceivedFile, ReadsHeadersOfDcmtkAndNoOthers) {
  const TemporaryFolder folder;
  DcmFileFormat format;
  format.getDataset()->putAndInsertString(DCM_SOPClassUID, UID_CTImageStorage);
  format.getDataset()->putAndInsertString(DCM_SOPInstanceUID, "1.2.3");
  ASSERT_TRUE(format.saveFile((folder / "b").c_str(), EXS_LittleEndianImplicit).good());
  const std::optional<FileHeader> header = read_file_header(read_bytes(folder / "b"));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->names.sop_instance_uid, "1.2.3");
  EXPECT_EQ(header->names.transfer_syntax, UID_LittleEndianImplicitTransferSyntax);
  EXPECT_EQ(header->names.calling_ae, "");
  EXPECT_FALSE(read_file_header(std::string(4096, 'x')));
  std::string lies = file_header(names);
  lies[140] = '\x7f';  // the group's length
  EXPECT_FALSE(read_file_header(lies));
  lies = file_header(names);
  lies[152] = '\x7f';  // an element's
  EXPECT_FALSE(read_file_header(lies));
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
