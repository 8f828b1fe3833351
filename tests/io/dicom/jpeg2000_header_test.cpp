#include "io/dicom/internal/jpeg2000_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/dicom/encoded_frames.h"
#include "io/dicom/internal/jpeg2000.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {

using ::testing::HasSubstr;

std::vector<std::int32_t> ramp(int count) {
  std::vector<std::int32_t> values;
  for (int i = 0; i < count; ++i) values.push_back(i * 37 % 4096);
  return values;
}

void put(test::Code& code, std::size_t at, std::uint32_t value, std::size_t bytes) {
  for (std::size_t k = 0; k < bytes; ++k) code[at + k] = std::uint8_t(value >> (8 * (bytes - 1 - k)));
}

std::string error_of(const test::Code& code) {
  return test::input_error([&] { read_jpeg2000_header(code); });
}

class Jpeg2000Header : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_jpeg2000()) GTEST_SKIP() << "NOT CHECKED: built without OpenJPEG";
  }
  test::Code code = test::encode_jpeg2000(ramp(60 * 50), 60, 50, {.bits = 13, .is_signed = true});
};

TEST_F(Jpeg2000Header, SaysSizePrecisionAndSign) {
  const auto header = read_jpeg2000_header(code);
  EXPECT_EQ(header.columns, 60);
  EXPECT_EQ(header.rows, 50);
  EXPECT_EQ(header.components, 1);
  EXPECT_EQ(header.precision, 13);
  EXPECT_TRUE(header.is_signed);
}

TEST_F(Jpeg2000Header, WhatEncodersWriteIsAccepted) {
  for (const test::Jpeg2000Options& options :
       {test::Jpeg2000Options{}, test::Jpeg2000Options{.block = 4}, test::Jpeg2000Options{.precinct = 64},
        test::Jpeg2000Options{.tile = 16}, test::Jpeg2000Options{.precinct = 32, .tile = 33}}) {
    std::vector<std::uint16_t> values;
    const auto expected = ramp(200 * 170);
    decode_jpeg2000(read_jpeg2000_header(test::encode_jpeg2000(expected, 200, 170, options)), values);
    EXPECT_TRUE(std::equal(values.begin(), values.end(), expected.begin(), expected.end()));
  }
}

TEST_F(Jpeg2000Header, FindsTheStreamOfAJp2File) {
  test::Code file;
  const auto box = [&](std::uint32_t length, const char* type) {
    file.resize(file.size() + 4);
    put(file, file.size() - 4, length, 4);
    file.insert(file.end(), type, type + 4);
  };
  box(12, "jP  ");
  file.insert(file.end(), {0x0d, 0x0a, 0x87, 0x0a});
  box(8, "free");
  box(0, "jp2c");
  file.insert(file.end(), code.begin(), code.end());
  EXPECT_EQ(read_jpeg2000_header(file).columns, 60);
  put(file, 12, 3, 4);  // a box shorter than its own header
  EXPECT_NE(error_of(file), "");
}

TEST_F(Jpeg2000Header, NumbersThatTheBytesCannotFillAreRefused) {
  constexpr std::size_t width = 8, tile_width = 24, tile_height = 28, components = 40;
  test::Code bad = code;
  put(bad, components, 16384, 2);
  EXPECT_THAT(error_of(bad), HasSubstr("several colours"));
  bad = code;
  put(bad, tile_width, 1, 4);
  put(bad, tile_height, 1, 4);
  EXPECT_THAT(error_of(bad), HasSubstr("more tiles than bytes"));
  bad = code;
  put(bad, tile_width, 0, 4);
  EXPECT_THAT(error_of(bad), HasSubstr("damaged"));
  bad = test::encode_jpeg2000(ramp(60 * 50), 60, 50, {.block = 4});
  for (const std::size_t at : {width, width + 4, tile_width, tile_height}) put(bad, at, 60000, 4);
  EXPECT_THAT(error_of(bad), HasSubstr("more code blocks"));
  bad = test::encode_jpeg2000(std::vector<std::int32_t>(256 * 256, 5), 256, 256, {.precinct = 64});
  for (std::size_t at = 0; at + 12 < bad.size(); ++at)
    if (bad[at] == 0xff && bad[at + 1] == 0x52) {  // COD: precincts of one voxel
      for (std::size_t r = 0; r < 3; ++r) bad[at + 14 + r] = 0;
      break;
    }
  EXPECT_THAT(error_of(bad), HasSubstr("more precincts than bytes"));
}

TEST_F(Jpeg2000Header, CutAtAnyPlaceItIsAnErrorOrLeftToTheDecoder) {
  for (std::size_t length = 0; length + 2 < code.size(); ++length) {  // the end marker is not missed
    const test::Code part(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(length));
    std::vector<std::uint16_t> values;
    EXPECT_NE(test::input_error([&] { decode_jpeg2000(read_jpeg2000_header(part), values); }), "") << length;
  }
}

}  // namespace
}  // namespace anatomynet::io
