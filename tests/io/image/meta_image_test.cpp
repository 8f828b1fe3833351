#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include "common/grids.h"
#include "io/image/image_file.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::input_error;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::int16_t> values{-1000, 0, 100, 200, 300, 400, 500, 1600};

template <class T>
std::string bytes_of(const std::vector<T>& list) {
  return {reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T)};
}

std::string zlib_packed(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
           bytes.size());
  return out.substr(0, size);
}

class MetaImage : public testing::Test {
 protected:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  // A header of 2 x 2 x 2 voxels with some fields replaced, added, or left away where the value is "-".
  std::string header(const Fields& changes = {}) const {
    Fields fields{{"ObjectType", "Image"},     {"NDims", "3"},
                  {"BinaryData", "True"},      {"TransformMatrix", "1 0 0 0 1 0 0 0 1"},
                  {"Offset", "10 20 30"},      {"ElementSpacing", "1 1.5 2"},
                  {"DimSize", "2 2 2"},        {"ElementType", "MET_SHORT"},
                  {"ElementDataFile", "LOCAL"}};
    for (const auto& [name, value] : changes) {
      const auto found = std::find_if(fields.begin(), fields.end(),
                                      [&wanted = name](const auto& f) { return f.first == wanted; });
      if (found == fields.end())
        fields.insert(fields.begin() + 1, {name, value});
      else
        found->second = value;
    }
    std::string text;
    for (const auto& [name, value] : fields)
      if (value != "-") text += name + " = " + value + "\n";
    return text;
  }
  CtImage read(const std::string& bytes, const std::string& name = "i.mha") const {
    test::write_bytes(folder / name, bytes);
    return read_image_ct(folder / name);
  }
  std::string error(const std::string& bytes, const std::string& name = "i.mha") const {
    std::string text;
    EXPECT_EQ(test::printed_by([&] { text = input_error([&] { read(bytes, name); }); }), "");
    return text;
  }
  std::string error_with(const Fields& changes) const { return error(header(changes) + raw); }
  const std::string raw = bytes_of(values);
  test::TemporaryFolder folder;
};

TEST_F(MetaImage, EveryTypeByteOrderAndPacking) {
  const auto check = [&](auto type, const char* name) {
    using T = decltype(type);
    std::vector<T> list;
    for (const auto v : values) list.push_back(static_cast<T>(v));
    std::string little = bytes_of(list), big = little, text;
    for (std::size_t i = 0; i < big.size(); i += sizeof(T))
      std::reverse(big.begin() + std::ptrdiff_t(i), big.begin() + std::ptrdiff_t(i + sizeof(T)));
    for (const auto v : values) text += std::to_string(v) + " ";
    const std::string packed = zlib_packed(little);
    EXPECT_EQ(read(header({{"ElementType", name}}) + little).volume.voxels, values) << name;
    EXPECT_EQ(read(header({{"ElementType", name}, {"ElementByteOrderMSB", "True"}}) + big).volume.voxels,
              values);
    EXPECT_EQ(read(header({{"ElementType", name}, {"BinaryDataByteOrderMSB", "True"}}) + big).volume.voxels,
              values);
    EXPECT_EQ(read(header({{"ElementType", name}, {"BinaryData", "False"}}) + text).volume.voxels, values);
    EXPECT_EQ(read(header({{"ElementType", name}, {"CompressedData", "True"}}) + packed).volume.voxels,
              values);
    EXPECT_EQ(read(header({{"ElementType", name},
                           {"CompressedData", "True"},
                           {"CompressedDataSize", std::to_string(packed.size())}}) +
                   packed)
                  .volume.voxels,
              values);
  };
  check(std::int16_t{}, "MET_SHORT");
  check(std::int32_t{}, "MET_INT");
  check(std::int32_t{}, "MET_LONG");  // four bytes in files
  check(std::int64_t{}, "MET_LONG_LONG");
  check(float{}, "MET_FLOAT");
  check(double{}, "MET_DOUBLE");
  for (const char* name : {"MET_UCHAR", "MET_CHAR"}) {
    test::write_bytes(folder / "l.mha",
                      header({{"ElementType", name}}) + std::string("\0\1\2\3\4\5\x7f\7", 8));
    EXPECT_THAT(read_labels(folder / "l.mha").voxels, ElementsAre(0, 1, 2, 3, 4, 5, 127, 7));
  }
}

// The matrix lists one axis after the other.
TEST_F(MetaImage, Geometry) {
  const Grid g = read(header({{"TransformMatrix", "0 1 0 0 0 -1 -1 0 0"}}) + raw).volume.grid;
  EXPECT_EQ(g.direction, (Mat3{{{0, 0, -1}, {1, 0, 0}, {0, -1, 0}}}));
  EXPECT_EQ(g.spacing, (Vec3{1, 1.5, 2}));
  EXPECT_EQ(g.origin, (Vec3{10, 20, 30}));
  for (const char* name : {"Orientation", "Rotation"})
    EXPECT_EQ(
        read(header({{"TransformMatrix", "-"}, {name, "0 1 0 0 0 -1 -1 0 0"}}) + raw).volume.grid.direction,
        g.direction);
  for (const char* name : {"Position", "Origin"})
    EXPECT_EQ(read(header({{"Offset", "-"}, {name, "10 20 30"}}) + raw).volume.grid.origin, g.origin);
  // letters whose sense programs do not agree on decide nothing
  EXPECT_EQ(read(header({{"AnatomicalOrientation", "LPS"}}) + raw).volume.grid.direction,
            (Mat3{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}));
  EXPECT_EQ(read(header({{"NDims", "4"},
                         {"DimSize", "2 2 2 1"},
                         {"ElementSpacing", "1 1.5 2 1"},
                         {"Offset", "10 20 30 0"},
                         {"TransformMatrix", "0 1 0 0 0 0 -1 0 -1 0 0 0 0 0 0 1"}}) +
                 raw)
                .volume.grid.direction,
            g.direction);
}

TEST_F(MetaImage, SaysWhatItTookForGranted) {
  EXPECT_THAT(test::texts_of(read(header() + raw).warnings), IsEmpty());
  EXPECT_THAT(test::texts_of(read(header({{"Offset", "-"}}) + raw).warnings),
              ElementsAre(HasSubstr("'Offset' is missing")));
  EXPECT_THAT(
      test::texts_of(read(header({{"ElementSpacing", "-"}, {"ElementSize", "1 1.5 2"}}) + raw).warnings),
      ElementsAre(HasSubstr("'ElementSize' was taken")));
  EXPECT_THAT(test::texts_of(read(header({{"CenterOfRotation", "1 2 3"}}) + raw).warnings),
              ElementsAre(HasSubstr("CenterOfRotation")));
  EXPECT_THAT(test::texts_of(read(header() + raw + "tail").warnings),
              ElementsAre(HasSubstr("4 bytes after the last voxel")));
  const CtImage scaled = read(
      header({{"ElementToIntensityFunctionSlope", "2"}, {"ElementToIntensityFunctionOffset", "-500"}}) + raw);
  EXPECT_EQ(scaled.volume.voxels[7], 2700);
}

TEST_F(MetaImage, VoxelsInAFileBesideTheHeader) {
  test::write_bytes(folder / "v.raw", raw);
  test::write_bytes(folder / "v%s %n.raw", raw);
  test::write_bytes(folder / "headed.raw", "0123456789" + raw);
  test::write_bytes(folder / "v.zraw", zlib_packed(raw));
  const auto with = [&](const Fields& changes) { return read(header(changes), "i.mhd").volume.voxels; };
  EXPECT_EQ(with({{"ElementDataFile", "v.raw"}}), values);
  EXPECT_EQ(with({{"ElementDataFile", "v%s %n.raw"}}), values) << "a name, no format";
  EXPECT_EQ(with({{"ElementDataFile", "headed.raw"}, {"HeaderSize", "10"}}), values);
  EXPECT_EQ(with({{"ElementDataFile", "headed.raw"}, {"HeaderSize", "-1"}}), values);
  EXPECT_EQ(with({{"ElementDataFile", "v.zraw"}, {"CompressedData", "True"}}), values);
  const auto refused = [&](const std::string& name) {
    return error(header({{"ElementDataFile", name}}), "i.mhd");
  };
  for (const std::string& bad : {(folder / "v.raw").string(), std::string("/dev/zero"),
                                 std::string("../v.raw"), std::string("a/../../v.raw")})
    EXPECT_THAT(refused(bad), HasSubstr("header's folder")) << bad;
  for (const char* bad : {"%s", "%n", "%s%s%s%s%n", "absent.raw", "%99999999d"})
    EXPECT_THAT(refused(bad), HasSubstr("no such file")) << bad;
  for (const char* bad : {"v%03d.raw 1 2 1", "%s 1 2 1", "LIST", "LIST 2"})
    EXPECT_THAT(refused(bad), HasSubstr("several files")) << bad;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refused("pipe"), HasSubstr("not a regular file"));
  fs::create_symlink("/dev/zero", folder / "zero");
  EXPECT_THAT(refused("zero"), HasSubstr("not a regular file"));
}

TEST_F(MetaImage, NamesTheFieldThatIsWrong) {
  for (const char* field : {"DimSize", "ElementType", "ElementSpacing", "TransformMatrix", "NDims"})
    EXPECT_THAT(error_with({{field, "-"}}), HasSubstr(field)) << field;
  const auto wrong = [&](const char* field, const std::string& value) {
    EXPECT_THAT(error_with({{field, value}}), HasSubstr(field)) << value;
  };
  for (const char* bad : {"999999999", "-1", "0", "three", "1e9"}) wrong("NDims", bad);
  for (const char* bad : {"2 2", "2 2 2 2", "a b c"}) wrong("DimSize", bad);
  for (const char* bad : {"1 1 0", "1 1 -2", "1 1 nan", "1 1", "1 1 inf"}) wrong("ElementSpacing", bad);
  for (const char* bad : {"1 0 0 0 1 0 0 0 0", "2 0 0 0 2 0 0 0 2", "1 0 0 0 1 0", "nan 0 0 0 1 0 0 0 1"})
    wrong("TransformMatrix", bad);
  wrong("ElementType", "MET_STRING");
  wrong("DistanceUnits", "m");
  wrong("ElementToIntensityFunctionSlope", "0");
  EXPECT_THAT(error_with({{"TransformMatrix", "1 0 0 0.3 0.95 0 0 0 1"}}), HasSubstr("sheared"));
  EXPECT_THAT(error_with({{"ElementNumberOfChannels", "3"}}), HasSubstr("3 values a voxel"));
  EXPECT_THAT(error_with({{"ObjectType", "Mesh"}}), HasSubstr("'Mesh'"));
  EXPECT_THAT(error("ObjectType = Image\nObjectType = Image\n" + header().substr(19)), HasSubstr("twice"));
  // names of one thing may be there side by side where they agree
  for (const char* name : {"Position", "Origin"}) {
    EXPECT_THAT(error_with({{name, "10 20 31"}}), AllOf(HasSubstr("'Offset'"), HasSubstr(name)));
    EXPECT_EQ(error_with({{name, "10 20 30"}}), "");
  }
  EXPECT_THAT(error_with({{"Rotation", "0 1 0 0 0 -1 -1 0 0"}}), HasSubstr("'TransformMatrix'"));
  for (const char* sizes : {"4294967296 4294967296 4294967296", "9223372036854775807 9223372036854775807 2",
                            "99999999999999999999 2 2"})
    for (const char* packed : {"True", "False"})
      EXPECT_NE(error_with({{"DimSize", sizes}, {"CompressedData", packed}}), "");
  const std::string endless(1'000'000, '%');
  for (const char* field :
       {"ObjectType", "DimSize", "ElementType", "TransformMatrix", "ElementDataFile", "Comment"})
    EXPECT_EQ(error_with({{field, endless}}).empty(), std::string(field) == "Comment") << field;
}

TEST_F(MetaImage, FlippedBitsInZlibAreFound) {
  std::string voxels;
  for (int i = 0; i < 512; ++i) voxels += raw;
  const std::string packed = zlib_packed(voxels),
                    head = header({{"DimSize", "16 16 16"}, {"CompressedData", "True"}});
  ASSERT_EQ(error(head + packed), "");
  const auto whole = read(head + packed).volume.voxels;
  for (std::size_t byte = 0; byte < packed.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = packed;
      damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
      if (error(head + damaged).empty()) {  // a code that no byte uses
        ASSERT_EQ(read(head + damaged).volume.voxels, whole) << byte << " " << bit;
      }
    }
  EXPECT_NE(error(head + packed.substr(0, packed.size() - 1)), "");
  EXPECT_NE(error(head + packed + "x"), "");
  EXPECT_NE(error(head + zlib_packed(voxels + "x")), "");
  std::string dictionary = packed;  // the bit for a preset dictionary, with a header check that holds
  dictionary[1] = static_cast<char>((dictionary[1] & 0xc0) | 0x20);
  while ((static_cast<unsigned char>(dictionary[0]) * 256 + static_cast<unsigned char>(dictionary[1])) % 31)
    ++dictionary[1];
  EXPECT_THAT(error(head + dictionary), HasSubstr("preset dictionary"));
}

}  // namespace
}  // namespace anatomynet::io
