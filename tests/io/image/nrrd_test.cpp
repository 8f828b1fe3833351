#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grids.h"
#include "io/image/image_file.h"
#include "io/image/nifti_bytes.h"
#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::input_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::int16_t> values{-1000, 0, 100, 200, 300, 400, 500, 1600};

template <class T>
std::string bytes_of(const std::vector<T>& list) {
  return {reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T)};
}

class Nrrd : public testing::Test {
 protected:
  // A header of 2 x 2 x 2 voxels with some fields replaced, added, or left away where the value is "-".
  std::string header(const std::map<std::string, std::string>& changes = {},
                     const std::string& end = "\n") const {
    std::map<std::string, std::string> fields{{"type", "short"},
                                              {"dimension", "3"},
                                              {"space", "left-posterior-superior"},
                                              {"sizes", "2 2 2"},
                                              {"space directions", "(1,0,0) (0,1.5,0) (0,0,2)"},
                                              {"space origin", "(10,20,30)"},
                                              {"endian", "little"},
                                              {"encoding", "raw"}};
    for (const auto& [name, value] : changes) fields[name] = value;
    std::string text = "NRRD0005\n# a remark\nkey:=value: of any kind\n";
    for (const auto& [name, value] : fields)
      if (value != "-") text += name + ": " + value + "\n";
    return text + end;
  }
  CtImage read(const std::string& bytes, const std::string& name = "i.nrrd") const {
    test::write_bytes(folder / name, bytes);
    return read_image_ct(folder / name);
  }
  std::string error(const std::string& bytes, const std::string& name = "i.nrrd") const {
    std::string text;
    EXPECT_EQ(test::printed_by([&] { text = input_error([&] { read(bytes, name); }); }), "");
    return text;
  }
  std::string error_with(const std::map<std::string, std::string>& changes) const {
    return error(header(changes) + raw);
  }
  const std::string raw = bytes_of(values);
  test::TemporaryFolder folder;
};

TEST_F(Nrrd, EveryTypeByteOrderAndEncoding) {
  const auto check = [&](auto type, const char* name, std::vector<std::int16_t> wanted) {
    using T = decltype(type);
    std::vector<T> list;
    for (const auto v : wanted) list.push_back(static_cast<T>(v));
    std::string little = bytes_of(list), big = little, hex, text;
    for (std::size_t i = 0; i < big.size(); i += sizeof(T))
      std::reverse(big.begin() + std::ptrdiff_t(i), big.begin() + std::ptrdiff_t(i + sizeof(T)));
    for (const unsigned char c : little) {
      char two[4];
      std::snprintf(two, sizeof two, "%02X", c);
      hex += two + std::string(hex.size() % 5 == 0 ? "\n" : "");
    }
    for (const auto v : wanted) text += std::to_string(v) + (text.size() % 2 ? "\n" : " ");
    const std::map<std::string, std::string> t{{"type", name}};
    const auto with = [&](std::map<std::string, std::string> more) {
      more.merge(std::map(t));
      return header(more);
    };
    EXPECT_EQ(read(with({}) + little).volume.voxels, wanted) << name;
    EXPECT_EQ(read(with({{"endian", "big"}}) + big).volume.voxels, wanted) << name;
    EXPECT_EQ(read(with({{"endian", "big"}, {"encoding", "gz"}}) + test::gzip(big)).volume.voxels, wanted)
        << name;
    EXPECT_EQ(read(with({{"encoding", "hex"}}) + hex).volume.voxels, wanted) << name;
    EXPECT_EQ(read(with({{"encoding", "ascii"}, {"endian", "-"}}) + text).volume.voxels, wanted) << name;
  };
  const std::vector<std::int16_t> small{-100, 0, 10, 20, 30, 40, 50, 120};
  for (const char* name : {"short", "int16", "signed short int", "int16_t"})
    check(std::int16_t{}, name, values);
  for (const char* name : {"int", "int32_t"}) check(std::int32_t{}, name, values);
  for (const char* name : {"longlong", "signed long long int"}) check(std::int64_t{}, name, values);
  check(float{}, "float", values);
  check(double{}, "double", values);
}

TEST_F(Nrrd, UnsignedTypesAsLabels) {
  const auto check = [&](auto type, const char* name) {
    using T = decltype(type);
    test::write_bytes(folder / "l.nrrd",
                      header({{"type", name}}) + bytes_of(std::vector<T>{0, 1, 2, 3, 4, 5, 127, 9}));
    EXPECT_THAT(read_labels(folder / "l.nrrd").voxels, ElementsAre(0, 1, 2, 3, 4, 5, 127, 9)) << name;
  };
  check(std::uint8_t{}, "unsigned char");
  check(std::int8_t{}, "signed char");
  check(std::uint16_t{}, "ushort");
  check(std::uint32_t{}, "unsigned int");
  check(std::uint64_t{}, "uint64_t");
}

TEST_F(Nrrd, SpacesBecomeLps) {
  for (const auto& [space, x, y] : {std::tuple{"left-posterior-superior", 1, 1},
                                    {"LPS", 1, 1},
                                    {"lps", 1, 1},
                                    {"right-anterior-superior", -1, -1},
                                    {"RAS", -1, -1},
                                    {"left-anterior-superior", 1, -1},
                                    {"LAS", 1, -1}}) {
    const CtImage image = read(header({{"space", space}}) + raw);
    const Grid& g = image.volume.grid;
    EXPECT_EQ(g.origin, (Vec3{10.0 * x, 20.0 * y, 30})) << space;
    EXPECT_EQ(g.direction, (Mat3{{{double(x), 0, 0}, {0, double(y), 0}, {0, 0, 1}}})) << space;
    EXPECT_EQ(g.spacing, (Vec3{1, 1.5, 2}));
    EXPECT_EQ(image.volume.voxels, values);
    EXPECT_THAT(test::texts_of(image.warnings), IsEmpty());
  }
  for (const char* space :
       {"scanner-xyz", "3D-right-handed", "left-posterior-superior-time", "superior", "-"})
    EXPECT_THAT(error_with({{"space", space}}), HasSubstr("'space'")) << space;
  // the number of axes of space alone does not name them
  EXPECT_THAT(error_with({{"space", "-"}, {"space dimension", "3"}}), HasSubstr("'space' is missing"));
}

TEST_F(Nrrd, PermutedAxesAndAxesOfOneSample) {
  const Grid g = read(header({{"space directions", "(0,0,-2) (1,0,0) (0,1.5,0)"}}) + raw).volume.grid;
  EXPECT_EQ(g.direction, (Mat3{{{0, 1, 0}, {0, 0, 1}, {-1, 0, 0}}}));
  EXPECT_EQ(g.spacing, (Vec3{2, 1, 1.5}));
  for (const auto& [sizes, directions] : {std::pair{"1 2 2 2", "none (1,0,0) (0,1.5,0) (0,0,2)"},
                                          {"2 2 2 1", " ( 1 , 0 , 0 )(0,1.5,0)  (0,0,2)\tnone"}}) {
    const CtVolume v =
        read(header({{"dimension", "4"}, {"sizes", sizes}, {"space directions", directions}}) + raw).volume;
    EXPECT_EQ(v.grid.spacing, (Vec3{1, 1.5, 2}));
    EXPECT_EQ(v.voxels, values);
  }
}

TEST_F(Nrrd, SaysWhatItTookForGranted) {
  EXPECT_THAT(test::texts_of(read(header({{"space origin", "-"}}) + raw).warnings),
              ElementsAre(HasSubstr("'space origin' is missing")));
  EXPECT_THAT(test::texts_of(read(header() + raw + "four").warnings),
              ElementsAre(HasSubstr("4 bytes after the last voxel")));
  EXPECT_THAT(test::texts_of(
                  read(header({{"kinds", "domain domain domain"}, {"units", "\"mm\" \"mm\" \"mm\""}}) + raw)
                      .warnings),
              IsEmpty());
}

TEST_F(Nrrd, VoxelsInAFileBesideTheHeader) {
  fs::create_directory(folder / "sub");
  test::write_bytes(folder / "v.raw", raw);
  test::write_bytes(folder / "sub/v.raw.gz", test::gzip(raw));
  test::write_bytes(folder / "skip.raw", "one\ntwo\nxyz" + raw);
  const auto detached = [&](std::map<std::string, std::string> fields) {
    return read(header(fields, ""), "i.nhdr");
  };
  EXPECT_EQ(detached({{"data file", "v.raw"}}).volume.voxels, values);
  EXPECT_EQ(detached({{"datafile", "./v.raw"}}).volume.voxels, values);
  EXPECT_EQ(detached({{"data file", "sub/v.raw.gz"}, {"encoding", "gzip"}}).volume.voxels, values);
  EXPECT_EQ(detached({{"data file", "skip.raw"}, {"line skip", "2"}, {"byte skip", "3"}}).volume.voxels,
            values);
  EXPECT_EQ(detached({{"data file", "skip.raw"}, {"byte skip", "-1"}}).volume.voxels, values);
  const auto refused = [&](const std::string& name) {
    return error(header({{"data file", name}}, ""), "i.nhdr");
  };
  EXPECT_THAT(refused((folder / "v.raw").string()), HasSubstr("header's folder"));
  EXPECT_THAT(refused("../" + folder.path().filename().string() + "/v.raw"), HasSubstr("header's folder"));
  EXPECT_THAT(refused("/dev/zero"), HasSubstr("header's folder"));
  EXPECT_THAT(refused("absent.raw"), HasSubstr("no such file"));
  EXPECT_THAT(refused("v%03d.raw 1 2 1"), HasSubstr("several files"));
  EXPECT_THAT(refused("LIST\nv.raw"), HasSubstr("several files"));
  EXPECT_THAT(refused("%s%s%n"), HasSubstr("no such file"));
  EXPECT_THAT(error(header({}, ""), "i.nhdr"), HasSubstr("without voxels"));
}

TEST_F(Nrrd, NamesTheFieldThatIsWrong) {
  for (const char* field : {"type", "dimension", "sizes", "space directions", "endian", "encoding"})
    EXPECT_THAT(error_with({{field, "-"}}), HasSubstr(field)) << field;
  const auto wrong = [&](const char* field, const std::string& value) {
    EXPECT_THAT(error_with({{field, value}}), HasSubstr(std::string("'") + field + "'")) << value;
  };
  for (const char* bad : {"three", "0", "-3", "999999999", "3 3", "3.5"}) wrong("dimension", bad);
  for (const char* bad : {"2 2", "2 2 2 2", "2 2 x", "2,2,2", "1e1 2 2"}) wrong("sizes", bad);
  for (const char* bad : {"(1,0) (0,1) (0,0)", "(1,0,0) (0,1,0)", "(1,0,0) (0,1,0) (0,0,2", "1 2 3",
                          "(1,0,0,0) (0,1,0) (0,0,1)"})
    wrong("space directions", bad);
  wrong("space origin", "10 20 30");
  wrong("endian", "middle");
  wrong("space units", "\"m\" \"m\" \"m\"");
  EXPECT_THAT(error_with({{"space directions", "(1,0,0) (0,1,0) (0,0,0)"}}), HasSubstr("empty"));
  EXPECT_THAT(error_with({{"space directions", "(1,0,0) (0,nan,0) (0,0,1)"}}), HasSubstr("not finite"));
  EXPECT_THAT(error_with({{"space origni", "(1,2,3)"}}), HasSubstr("no field 'space origni'"));
  EXPECT_THAT(error_with({{"SPACE", "RAS"}}), HasSubstr("twice"));
  EXPECT_THAT(error_with({{"encoding", "bzip2"}}), HasSubstr("again with gzip"));
  EXPECT_THAT(error_with({{"type", "block"}}), HasSubstr("'block'"));
  // spacings alone do not say how axes run
  EXPECT_THAT(error_with({{"space directions", "-"}, {"spacings", "1 1 2"}}),
              HasSubstr("'space directions' is missing"));
  EXPECT_THAT(
      error_with(
          {{"dimension", "4"}, {"sizes", "3 2 2 2"}, {"space directions", "none (1,0,0) (0,1,0) (0,0,2)"}}),
      HasSubstr("3 values a voxel"));
}

// Every byte of a compressed stream counts: what it inflates to, where it ends, its checksum.
TEST_F(Nrrd, FlippedBitsInGzipAreFound) {
  std::string voxels;
  for (int i = 0; i < 4096; ++i) voxels += raw;
  const std::string head = header({{"sizes", "32 32 32"}, {"encoding", "gzip"}}), packed = test::gzip(voxels);
  ASSERT_EQ(error(head + packed), "");
  const auto whole = read(head + packed).volume.voxels;
  for (std::size_t byte = 10; byte < packed.size();
       ++byte)  // before: time and system, which nothing depends on
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = packed;
      damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
      if (error(head + damaged).empty()) {  // a code that no byte uses
        ASSERT_EQ(read(head + damaged).volume.voxels, whole) << byte << " " << bit;
      }
    }
  EXPECT_NE(error(head + packed + "x"), "") << "bytes after the stream";
  EXPECT_NE(error(head + test::gzip(voxels + "x")), "") << "a longer stream";
  EXPECT_EQ(error(head + test::gzip(voxels.substr(0, 1000)) + test::gzip(voxels.substr(1000))), "")
      << "two members";
}

TEST_F(Nrrd, LongValuesAndHeadersWithoutEnd) {
  const std::string endless(1'000'000, 'a');
  for (const char* field :
       {"type", "space", "encoding", "endian", "sizes", "space origin", "space directions", "data file"}) {
    const std::string text = error_with({{field, endless}});
    EXPECT_NE(text, "") << field;
    EXPECT_LE(text.size(), 2000u) << field;
  }
  EXPECT_NE(error(header({{"encoding", "text"}}) + endless), "");
  EXPECT_NE(error("NRRD0005\n" + std::string(6'000'000, '#')), "");
  EXPECT_NE(error("NRRD0005\n" + std::string(6'000'000, '\n')), "");
  EXPECT_NE(error("NRRD0006\n"), "");
  EXPECT_NE(error("NRRD"), "");
}

TEST_F(Nrrd, SizesThatOverflowOrThatTheFileCannotHold) {
  for (const char* sizes :
       {"4294967296 4294967296 4294967296", "9223372036854775807 2 2", "99999999999999999999 2 2",
        "2097152 2097152 2097152", "3000000 30000 3000", "0 2 2", "-2 2 -2"})
    for (const char* encoding : {"raw", "gzip", "text", "hex"})
      EXPECT_NE(error_with({{"sizes", sizes}, {"encoding", encoding}}), "") << sizes;
  test::write_bytes(folder / "v.raw", raw);
  EXPECT_THAT(error(header({{"data file", "v.raw"}, {"sizes", "1000 1000 1950"}}, ""), "i.nhdr"),
              HasSubstr("truncated"));
}

// Random headers of every direction and voxel size come back as they were written, to the last bit.
TEST_F(Nrrd, RoundTrip) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> angle(-3.2, 3.2), mm(0.1, 6), place(-1000, 1000);
  for (int round = 0; round < 100; ++round) {
    Grid grid = test::small_grid();
    grid.size = {1 + round % 5, 2 + round % 7, 2 + round % 3};
    grid.direction = test::rotation(angle(random), angle(random), angle(random), round % 2 == 1);
    grid.spacing = {mm(random), mm(random), mm(random)};
    grid.origin = {place(random), place(random), place(random)};
    LabelVolume labels(grid);
    for (std::size_t i = 0; i < labels.voxels.size(); ++i)
      labels.voxels[i] = static_cast<std::uint8_t>(i * 37);
    for (const char* name : {"l.nrrd", "l.mha", "l.nii.gz", "l.seg.nrrd"}) {
      write_labels(folder / name, labels);
      std::vector<Warning> warnings;
      const LabelVolume back = read_labels(folder / name, &warnings);
      EXPECT_EQ(back.voxels, labels.voxels);
      EXPECT_TRUE(same_grid(back.grid, grid, name[2] == 'n' && name[3] == 'i' ? 1e-3 : 1e-9)) << name;
      EXPECT_TRUE(warnings.empty()) << name;
    }
  }
}

}  // namespace
}  // namespace anatomynet::io
