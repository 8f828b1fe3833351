#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/rtstruct.h"
#include "io/dicom/structure_set.h"
#include "io/support.h"

// Sequences in sequences: DCMTK parses by recursion, and a small file could end the program.
namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

struct Encoding {
  const char* name;
  const char* syntax;
  bool is_explicit, big, deflated;
};
constexpr Encoding encodings[] = {
    {"implicit", UID_LittleEndianImplicitTransferSyntax, false, false, false},
    {"explicit", UID_LittleEndianExplicitTransferSyntax, true, false, false},
    {"big", UID_BigEndianExplicitTransferSyntax, true, true, false},
    {"deflated", UID_DeflatedExplicitVRLittleEndianTransferSyntax, true, false, true}};

std::string number(std::uint32_t value, int bytes, bool big) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i));
  return out;
}

class Writer {
 public:
  explicit Writer(const Encoding& encoding) : e_(encoding) {}

  std::string tag(std::uint32_t group, std::uint32_t element) const {
    return number(group, 2, e_.big) + number(element, 2, e_.big);
  }
  std::string element(std::uint32_t group, std::uint32_t at, const std::string& vr, std::string value) const {
    if (value.size() % 2) value += vr == "UI" ? '\0' : ' ';
    const auto length = static_cast<std::uint32_t>(value.size());
    return tag(group, at) + (e_.is_explicit ? vr + number(length, 2, e_.big) : number(length, 4, e_.big)) +
           value;
  }
  // `levels` of Referenced Study Sequence in each other, with defined or undefined lengths.
  std::string nested(int levels, bool defined) const {
    constexpr std::uint32_t undefined = 0xffffffff;
    const std::size_t head = (e_.is_explicit ? 12 : 8) + 8;
    std::string out, tail;
    for (int i = 0; i < levels; ++i) {
      const auto inside = static_cast<std::uint32_t>(std::size_t(levels - 1 - i) * head);
      out += tag(0x0008, 0x1110) + (e_.is_explicit ? "SQ" + std::string(2, '\0') : std::string()) +
             number(defined ? inside + 8 : undefined, 4, e_.big);
      out += tag(0xfffe, 0xe000) + number(defined ? inside : undefined, 4, e_.big);
      if (!defined)
        tail += tag(0xfffe, 0xe00d) + std::string(4, '\0') + tag(0xfffe, 0xe0dd) + std::string(4, '\0');
    }
    return out + tail;
  }

 private:
  const Encoding& e_;
};

std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string part10(const Encoding& encoding, const std::string& sop_class, const std::string& data) {
  constexpr Encoding meta_encoding{"meta", "", true, false, false};
  const Writer meta(meta_encoding);
  const std::string body = meta.element(2, 2, "UI", sop_class) + meta.element(2, 3, "UI", "1.2.3") +
                           meta.element(2, 0x10, "UI", encoding.syntax);
  return std::string(128, '\0') + "DICM" +
         meta.element(2, 0, "UL", number(static_cast<std::uint32_t>(body.size()), 4, false)) + body +
         (encoding.deflated ? deflated(data) : data);
}

// Explicit VR; what is inside an element of VR UN is implicit VR little endian (PS3.5 6.2.2, note 2).
std::string nested_in_un(int levels, bool defined) {
  const std::string inside = Writer(encodings[0]).nested(levels, defined);
  const auto length = static_cast<std::uint32_t>(inside.size());
  const Writer writer(encodings[1]);
  std::string out = writer.tag(0x0008, 0x1110) + "UN" + std::string(2, '\0') +
                    number(defined ? length + 8 : 0xffffffff, 4, false) + writer.tag(0xfffe, 0xe000) +
                    number(length, 4, false) + inside;
  if (!defined) out += writer.tag(0xfffe, 0xe0dd) + std::string(4, '\0');
  return out;
}

std::string object(const Encoding& encoding, const std::string& sop_class, int levels, bool defined,
                   bool unknown = false) {
  const Writer writer(encoding);
  return part10(encoding, sop_class,
                writer.element(8, 0x16, "UI", sop_class) + writer.element(8, 0x18, "UI", "1.2.3") +
                    (unknown ? nested_in_un(levels, defined) : writer.nested(levels, defined)) +
                    writer.element(0x10, 0x20, "LO", "ID"));
}

bool may_have_un(const Encoding& encoding) { return encoding.is_explicit && !encoding.big; }

TEST(DicomNesting, DeepSequencesAreRefusedByEveryReader) {
  const TemporaryFolder folder;
  const fs::path file = folder / "deep.dcm";
  for (const Encoding& encoding : encodings)
    for (const bool defined : {false, true})
      for (const bool unknown : {false, true}) {
        if (unknown && !may_have_un(encoding)) continue;
        SCOPED_TRACE(std::string(encoding.name) + (defined ? " defined " : " undefined ") +
                     (unknown ? "UN" : "SQ"));
        for (const char* sop_class :
             {UID_CTImageStorage, UID_RTStructureSetStorage, UID_SegmentationStorage}) {
          const std::string bytes = object(encoding, sop_class, 6000, defined, unknown);
          test::write_bytes(file, bytes);
          const DicomArchive archive = index_dicom(folder.path());
          ASSERT_EQ(archive.skipped.size(), 1U);
          EXPECT_THAT(archive.skipped[0].reason, HasSubstr("nest deeper"));
          EXPECT_EQ(archive.skipped[0].kind, SkippedFile::Kind::damaged);
          for (const std::string& error :
               {test::input_error([&] { read_ct(folder.path()); }), test::input_error([&] { read_ct(file); }),
                test::input_error([&] { read_structure_set(file); }),
                test::input_error([&] { read_segmentation(file); })})
            EXPECT_THAT(error, HasSubstr("deep.dcm: damaged: its sequences nest deeper")) << sop_class;
        }
      }
}

TEST(DicomNesting, TensOfThousandsAndWithoutAHeader) {
  const TemporaryFolder folder;
  for (const Encoding& encoding : encodings) {
    const std::string bytes = object(encoding, UID_CTImageStorage, 200000, false);
    test::write_bytes(folder / "deep", bytes);
    EXPECT_THAT(test::input_error([&] { read_ct(folder / "deep"); }), HasSubstr("nest deeper"))
        << encoding.name;
    if (encoding.deflated) continue;
    const Writer writer(encoding);
    test::write_bytes(folder / "deep",
                      writer.element(8, 0x16, "UI", UID_CTImageStorage) + writer.nested(200000, true));
    EXPECT_THAT(test::input_error([&] { read_ct(folder / "deep"); }), HasSubstr("nest deeper"))
        << encoding.name;
  }
}

TEST(DicomNesting, WhatObjectsHaveIsRead) {
  const TemporaryFolder folder;
  for (const Encoding& encoding : encodings)
    for (const bool defined : {false, true})
      for (const bool unknown : {false, true}) {
        if (unknown && !may_have_un(encoding)) continue;
        test::write_bytes(folder / "flat.dcm", object(encoding, UID_MRImageStorage, 64, defined, unknown));
        const DicomArchive archive = index_dicom(folder.path());
        EXPECT_TRUE(archive.skipped.empty()) << encoding.name << defined << unknown;
        EXPECT_EQ(archive.other_modalities.size(), 1U);
      }
}

// Deep within a file whose beginning is a whole CT or structure set.
TEST(DicomNesting, BehindAWholeHeader) {
  const TemporaryFolder folder;
  const DicomSource ct = write_ct_series(folder.path(), test::make_ct(test::small_grid()));
  write_rtstruct(folder / "rt.dcm", ct, {});
  const Writer implicit(encodings[0]), explicit_vr(encodings[1]);
  const auto private_sequence = [](const Writer& writer) {
    std::string bytes = writer.nested(6000, false);
    return bytes.replace(0, 2, "\x0b\x30");  // group 300b: behind the structure set
  };
  const std::string rt = test::read_bytes(folder / "rt.dcm");
  test::write_bytes(folder / "rt.dcm", rt + private_sequence(implicit));
  const std::string structure_set = test::input_error([&] { read_structure_set(folder / "rt.dcm"); });
  EXPECT_THAT(structure_set, HasSubstr("nest deeper"));
  const fs::path slice = test::files_in(folder.path()).front();
  std::string bytes = test::read_bytes(slice);
  bytes.insert(bytes.find(std::string("\xe0\x7f\x10\x00", 4)), private_sequence(explicit_vr));
  test::write_bytes(slice, bytes);
  EXPECT_THAT(test::input_error([&] { read_ct(folder.path()); }), HasSubstr("nest deeper"));
}

}  // namespace
}  // namespace anatomynet::io
