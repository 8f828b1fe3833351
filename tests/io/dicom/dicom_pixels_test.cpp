#include <algorithm>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/encoded_frames.h"
#include "io/dicom/internal/jpeg2000.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::edit;
using test::files_in;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// How the header says that voxels are stored.
struct Header {
  int bits_stored = 16;
  bool is_signed = true;
  int intercept = 0;
};

// Two slices of 4 x 3 voxels to write pixels of every kind into.
class TinyCt {
 public:
  explicit TinyCt(const Header& header) {
    Grid grid = test::small_grid();
    grid.size = {4, 3, 2};
    write_ct_series(folder.path(), test::make_ct(grid));
    edit_all([&](DcmDataset& d) {
      d.putAndInsertUint16(DCM_BitsStored, Uint16(header.bits_stored));
      d.putAndInsertUint16(DCM_HighBit, Uint16(header.bits_stored - 1));
      d.putAndInsertUint16(DCM_PixelRepresentation, Uint16(header.is_signed));
      d.putAndInsertString(DCM_RescaleIntercept, std::to_string(header.intercept).c_str());
    });
  }
  void edit_all(const std::function<void(DcmDataset&)>& change) const {
    for (const fs::path& file : files_in(folder.path())) edit(file, change);
  }
  void put_cells(std::vector<std::uint16_t> cells) const {
    cells.resize(12, cells.back());
    edit_all([&](DcmDataset& d) {
      d.putAndInsertUint16Array(DCM_PixelData, cells.data(), static_cast<unsigned long>(cells.size()));
    });
  }
  void put_code(E_TransferSyntax syntax, const std::vector<test::Code>& fragments) const {
    for (const fs::path& file : files_in(folder.path())) test::refile(file.string(), syntax, fragments);
  }
  CtImage read() const { return read_ct(folder.path()); }
  std::vector<int> hu(std::size_t count) const {
    const CtImage image = read();
    return {image.volume.voxels.begin(), image.volume.voxels.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  std::string error() const {
    return test::input_error([&] { read(); });
  }
  TemporaryFolder folder;
};

// One combination of pixels and of how their padding is declared.
struct PaddingCase {
  const char* name;
  Header header;
  DcmEVR vr;
  std::vector<int> declared;  // value, and limit where there are two
  std::vector<std::uint16_t> cells;
  std::vector<int> hu;
};

TEST(DicomPadding, ComparesBitPatternsInAnySignAndRepresentation) {
  const Header unsigned_12{12, false, -1024}, unsigned_16{16, false, -1024}, signed_12{12, true, 0},
      signed_16{16, true, 0};
  const std::vector<PaddingCase> cases = {
      // 63536 is the pattern of -2000; its lowest 12 bits are 2096, bone of 1072 HU
      {"SS in 12 unsigned bits",
       unsigned_12,
       EVR_SS,
       {-2000},
       {63536, 2096, 24, 1064},
       {-1024, 1072, -1000, 40}},
      {"US in 12 unsigned bits",
       unsigned_12,
       EVR_US,
       {63536},
       {63536, 2096, 24, 1064},
       {-1024, 1072, -1000, 40}},
      {"SS in 16 unsigned bits",
       unsigned_16,
       EVR_SS,
       {-2000},
       {63536, 2096, 24, 1064},
       {-1024, 1072, -1000, 40}},
      {"US in 16 unsigned bits",
       unsigned_16,
       EVR_US,
       {63536},
       {63536, 2096, 24, 1064},
       {-1024, 1072, -1000, 40}},
      {"SS in 16 signed bits",
       signed_16,
       EVR_SS,
       {-2000},
       {63536, 1072, 64536, 40},
       {-1024, 1072, -1000, 40}},
      {"US in 16 signed bits",
       signed_16,
       EVR_US,
       {63536},
       {63536, 1072, 64536, 40},
       {-1024, 1072, -1000, 40}},
      {"SS in 12 signed bits, cut",
       signed_12,
       EVR_SS,
       {-2000},
       {2096, 1072, 3096, 40},
       {-1024, 1072, -1000, 40}},
      {"SS beyond 12 signed bits",
       signed_12,
       EVR_SS,
       {-32768},
       {32768, 1072, 3096, 40},
       {-1024, 1072, -1000, 40}},
      {"a range, SS in unsigned bits",
       unsigned_16,
       EVR_SS,
       {-2000, -1500},
       {63536, 64036, 24, 1264},
       {-1024, -1024, -1000, 240}},
      {"a range, turned round",
       unsigned_16,
       EVR_SS,
       {-1500, -2000},
       {63700, 64036, 24, 1264},
       {-1024, -1024, -1000, 240}},
      {"a range, US in signed bits",
       signed_16,
       EVR_US,
       {63536, 64036},
       {63700, 1072, 64536, 40},
       {-1024, 1072, -1000, 40}},
      {"a range across 0 in unsigned bits",
       unsigned_16,
       EVR_SS,
       {-2000, 10},
       {63536, 10, 24, 1264},
       {-1024, -1024, -1000, 240}},
      {"a range at the top",
       unsigned_16,
       EVR_US,
       {40000, 65535},
       {40000, 65535, 24, 1264},
       {-1024, -1024, -1000, 240}},
      {"at the top of signed bits",
       signed_16,
       EVR_SS,
       {32767},
       {32767, 1072, 64536, 40},
       {-1024, 1072, -1000, 40}},
  };
  for (const PaddingCase& c : cases) {
    const TinyCt ct(c.header);
    ct.put_cells(c.cells);
    ct.edit_all([&](DcmDataset& d) {
      const DcmTagKey tags[] = {DCM_PixelPaddingValue, DCM_PixelPaddingRangeLimit};
      for (std::size_t k = 0; k < c.declared.size(); ++k)
        if (c.vr == EVR_SS)
          d.putAndInsertSint16(DcmTag(tags[k], DcmVR(EVR_SS)), Sint16(c.declared[k]));
        else
          d.putAndInsertUint16(DcmTag(tags[k], DcmVR(EVR_US)), Uint16(c.declared[k]));
    });
    EXPECT_THAT(ct.hu(4), ElementsAreArray(c.hu)) << c.name;
  }
}

TEST(DicomPadding, NeverErasesTissue) {
  const TinyCt ct({16, false, -1024});
  ct.put_cells({24, 1064, 1500, 2500});
  ct.edit_all([&](DcmDataset& d) {  // a range that spans the whole image
    d.putAndInsertUint16(DcmTag(DCM_PixelPaddingValue, DcmVR(EVR_US)), 0);
    d.putAndInsertUint16(DcmTag(DCM_PixelPaddingRangeLimit, DcmVR(EVR_US)), 63536);
  });
  EXPECT_THAT(ct.hu(4), ElementsAreArray({-1000, 40, 476, 1476}));
  EXPECT_THAT(ct.read().warnings,
              testing::Contains(testing::Field(&Warning::text, HasSubstr("not taken as padding"))));
}

TEST(DicomPadding, UndeclaredPaddingOfTheWrongSignIsNoMetal) {
  const TinyCt ct({16, false, -1024});
  ct.put_cells({63536, 2096, 24, 1064});
  EXPECT_THAT(ct.error(), AllOf(HasSubstr("values up to 62512 HU"), HasSubstr("padding undeclared")));
}

// The HU that a stream of its own width and sign means.
struct StreamCase {
  const char* name;
  int bits;
  bool is_signed;
  Header header;
  std::vector<std::int32_t> values;  // as encoded
  std::vector<int> hu;
  bool warned;
};

TEST(Jpeg2000Ct, IsReadAtTheStreamsWidthAndSign) {
  if (!have_jpeg2000()) GTEST_SKIP() << "NOT CHECKED: built without OpenJPEG";
  const std::vector<int> hu = {-1024, -1000, -1, 0, 40, 2000};
  const auto wrapped = [&](int bits) {  // two's complement, marked unsigned
    std::vector<std::int32_t> out;
    for (const int v : hu) out.push_back(v & ((1 << bits) - 1));
    return out;
  };
  const std::vector<std::int32_t> plain(hu.begin(), hu.end());
  std::vector<std::int32_t> raised;
  for (const int v : hu) raised.push_back(v + 1024);
  const std::vector<StreamCase> cases = {
      {"as the header says", 16, true, {16, true, 0}, plain, hu, false},
      {"13 signed bits in 16", 13, true, {16, true, 0}, plain, hu, false},
      {"12 signed bits in 16", 12, true, {16, true, 0}, plain, hu, false},
      {"13 unsigned bits in 16 signed", 13, false, {16, true, 0}, wrapped(13), hu, true},
      {"16 unsigned bits in 16 signed", 16, false, {16, true, 0}, wrapped(16), hu, true},
      {"12 unsigned bits in 12 signed", 12, false, {12, true, 0}, wrapped(12), hu, true},
      {"16 signed bits in 12 signed", 16, true, {12, true, 0}, plain, hu, false},
      {"16 unsigned bits in 12 signed", 16, false, {12, true, 0}, wrapped(16), hu, true},
      {"16 unsigned bits, sign in the 12th", 16, false, {12, true, 0}, wrapped(12), hu, true},
      {"13 signed bits in 16 unsigned", 13, true, {16, false, 0}, plain, hu, true},
      {"12 unsigned bits in 16", 12, false, {16, false, -1024}, raised, hu, false},
      {"16 unsigned bits in 11", 16, false, {11, false, -1024}, raised, hu, false},
      {"12 unsigned bits, below 2048, in 16 signed",
       12,
       false,
       {16, true, -1024},
       {0, 24, 1023, 1024, 1064, 2047},
       {-1024, -1000, -1, 0, 40, 1023},
       true},
  };
  for (const StreamCase& c : cases) {
    const TinyCt ct(c.header);
    std::vector<std::int32_t> values = c.values;
    values.resize(12, values.back());
    ct.put_code(EXS_JPEG2000LosslessOnly,
                {test::encode_jpeg2000(values, 4, 3, {.bits = c.bits, .is_signed = c.is_signed})});
    EXPECT_THAT(ct.hu(6), ElementsAreArray(c.hu)) << c.name;
    const auto warnings = ct.read().warnings;
    EXPECT_EQ(std::any_of(warnings.begin(), warnings.end(),
                          [](const auto& w) { return w.code == "sign-in-doubt"; }),
              c.warned)
        << c.name;
  }
}

TEST(Jpeg2000Ct, ASignThatNeitherReadingFitsIsRefused) {
  if (!have_jpeg2000()) GTEST_SKIP() << "NOT CHECKED: built without OpenJPEG";
  const auto error_of = [](const std::vector<std::int32_t>& head) {
    const TinyCt ct({16, true, -1024});
    std::vector<std::int32_t> values = head;
    values.resize(12, 1000);
    ct.put_code(EXS_JPEG2000LosslessOnly, {test::encode_jpeg2000(values, 4, 3, {.bits = 12})});
    return ct.error();
  };
  EXPECT_THAT(error_of({0, 24, 2500, 3100}), HasSubstr("contradict the DICOM header (16 bits, signed)"));
  EXPECT_EQ(error_of({0, 24, 2096, 2096, 1500}), "");  // one value: padding of -2000
}

TEST(RleCt, ReadsEightAndSixteenBits) {
  const std::vector<std::int32_t> values = {24, 24, 24, 1064, 1064, 3000, 0, 4095, 1500, 1500, 24, 24};
  const TinyCt ct({12, false, -1024});
  ct.put_code(EXS_RLELossless, {test::encode_rle(values, 16)});
  const auto hu = ct.hu(12);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(hu[i], values[i] - 1024);
  const test::Code whole = test::encode_rle(values, 16);
  for (std::size_t cut = 2; cut < whole.size(); cut += 2) {
    ct.put_code(EXS_RLELossless, {test::Code(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(cut))});
    ASSERT_THAT(ct.error(), HasSubstr("truncated or damaged")) << cut;
  }
}

// Where files store pixels in ways of their own.
class OddPixels : public testing::Test {
 protected:
  OddPixels() : ct(test::make_ct(test::small_grid())) { write_ct_series(folder.path(), ct); }
  void patch_all(const std::function<void(std::string&)>& change) const {
    for (const fs::path& file : files_in(folder.path())) {
      std::string bytes = test::read_bytes(file);
      change(bytes);
      test::write_bytes(file, bytes);
    }
  }
  TemporaryFolder folder;
  CtVolume ct;
};

TEST_F(OddPixels, OfUnknownRepresentation) {
  patch_all([](std::string& bytes) {
    const std::size_t at = bytes.find(std::string("\xe0\x7f\x10\x00OW", 6));
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at + 4, 2, "UN");
  });
  EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels);
}

TEST_F(OddPixels, WithZerosBehindThem) {
  for (const std::size_t zeros : {std::size_t{1}, std::size_t{4}, std::size_t{512}}) {
    patch_all([&](std::string& bytes) { bytes.append(zeros, '\0'); });
    EXPECT_EQ(read_ct(folder.path()).volume.voxels, ct.voxels) << zeros;
  }
}

TEST_F(OddPixels, LongerThanTheImage) {
  const auto grow = [&](unsigned long cells, Uint16 value) {
    for (const fs::path& file : files_in(folder.path()))
      edit(file, [&](DcmDataset& d) {
        const Uint16* old = nullptr;
        d.findAndGetUint16Array(DCM_PixelData, old);
        std::vector<Uint16> longer(old, old + 18 * 14);
        longer.resize(18 * 14 + cells, value);
        d.putAndInsertUint16Array(DCM_PixelData, longer.data(), static_cast<unsigned long>(longer.size()));
      });
    const CtImage image = read_ct(folder.path());
    EXPECT_EQ(image.volume.voxels, ct.voxels);
    return image.warnings;
  };
  EXPECT_TRUE(grow(2, 0).empty());
  for (const unsigned long cells : {2UL, 40UL})
    EXPECT_THAT(grow(cells, 999),
                testing::ElementsAre(testing::Field(&Warning::text, HasSubstr("the rest was left out"))));
}

TEST_F(OddPixels, InAnOddNumberOfBytes) {
  Grid grid = test::small_grid();
  grid.size = {3, 3, 2};
  const TemporaryFolder small;
  write_ct_series(small.path(), test::make_ct(grid));
  const std::vector<Uint8> values = {0, 1, 2, 3, 4, 50, 100, 200, 255};
  for (const fs::path& file : files_in(small.path())) {
    edit(file, [&](DcmDataset& d) {
      d.putAndInsertUint16(DCM_BitsAllocated, 8);
      d.putAndInsertUint16(DCM_BitsStored, 8);
      d.putAndInsertUint16(DCM_HighBit, 7);
      d.putAndInsertUint16(DCM_PixelRepresentation, 0);
      d.putAndInsertString(DCM_RescaleIntercept, "-1000");
      d.putAndInsertString(DCM_RescaleSlope, "10");
      d.putAndInsertUint8Array(DCM_PixelData, values.data(), static_cast<unsigned long>(values.size()));
    });
    std::string bytes = test::read_bytes(file);  // 9 bytes without the tenth that makes them even
    const std::size_t at = bytes.find(std::string("\xe0\x7f\x10\x00OB", 6));
    ASSERT_NE(at, std::string::npos);
    bytes[at + 8] = 9;
    test::write_bytes(file, bytes.substr(0, at + 12 + 9));
  }
  const CtImage image = read_ct(small.path());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(image.volume.voxels[i], 10 * values[i] - 1000);
}

TEST_F(OddPixels, OfThirtyTwoBitsAreRefused) {
  for (const fs::path& file : files_in(folder.path()))
    edit(file, [](DcmDataset& d) { d.putAndInsertUint16(DCM_BitsAllocated, 32); });
  EXPECT_NE(test::input_error([&] { read_ct(folder.path()); }), "");
  for (const fs::path& file : files_in(folder.path()))
    edit(file, [](DcmDataset& d) {
      const std::vector<Uint16> cells(18 * 14 * 2, 1000);
      d.putAndInsertUint16Array(DCM_PixelData, cells.data(), static_cast<unsigned long>(cells.size()));
    });
  EXPECT_THAT(test::input_error([&] { read_ct(folder.path()); }),
              AllOf(HasSubstr("BitsAllocated (0028,0100) is 32"), HasSubstr("expected 8 or 16")));
}

// A small file that says it is large must not take memory for what it says.
class LargeClaims : public testing::TestWithParam<E_TransferSyntax> {};

TEST_P(LargeClaims, AreRefused) {
  const TinyCt ct({16, true, 0});
  std::vector<std::int32_t> values(12, 0);
  const test::Code code =
      GetParam() == EXS_RLELossless ? test::encode_rle(values, 16) : test::encode_jpeg2000(values, 4, 3);
  ct.put_code(GetParam(), {code});
  ct.edit_all([](DcmDataset& d) {
    d.putAndInsertUint16(DCM_Rows, 7000);
    d.putAndInsertUint16(DCM_Columns, 7000);
  });
  EXPECT_THAT(ct.error(), AllOf(HasSubstr("7000 x 7000"), HasSubstr("bytes of files: damaged")));
  ct.edit_all([](DcmDataset& d) {  // few enough voxels for any file, but the stream says others
    d.putAndInsertUint16(DCM_Rows, 1000);
    d.putAndInsertUint16(DCM_Columns, 1000);
  });
  EXPECT_THAT(ct.error(), HasSubstr("damaged"));
}

INSTANTIATE_TEST_SUITE_P(Syntaxes, LargeClaims,
                         testing::Values(EXS_RLELossless, EXS_JPEG2000LosslessOnly, EXS_JPEG2000));

}  // namespace
}  // namespace anatomynet::io
