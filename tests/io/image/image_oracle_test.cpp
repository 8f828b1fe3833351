#include <sstream>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "io/image/image_file.h"
#include "io/image/nifti_bytes.h"
#include "io/support.h"

// Image files against programs that are not ours: nibabel for NIfTI, teem (which defined the format) for
// NRRD, plastimatch for MetaImage.
namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

constexpr const char* nibabel =
    "/usr/bin/python3 " ANATOMYNET_SOURCE_DIR "/tests/io/image/nibabel_oracle.py ";

#define REQUIRE_NIBABEL()                                            \
  if (test::run("/usr/bin/python3 -c 'import nibabel'").status != 0) \
  GTEST_SKIP() << "NOT CHECKED: python3-nibabel is not installed"

// "name nx ny nz, the affine's 12 numbers in LPS mm, voxels"
struct Said {
  std::string name;
  Grid grid;
  std::vector<double> voxels;
};

Said parsed(const std::string& line) {
  std::istringstream in(line);
  Said said;
  double number = 0;
  in >> said.name;
  std::vector<double> head;
  while (head.size() < 15 && in >> number) head.push_back(number);
  while (in >> number) said.voxels.push_back(number);
  for (std::size_t r = 0; r < 3; ++r) said.grid.size[r] = static_cast<std::int64_t>(head.at(r));
  for (std::size_t k = 0; k < 3; ++k) {
    said.grid.spacing[k] = std::hypot(head[3 + k], head[7 + k], head[11 + k]);
    for (std::size_t r = 0; r < 3; ++r)
      said.grid.direction[r][k] = head[3 + 4 * r + k] / said.grid.spacing[k];
    said.grid.origin[k] = head[6 + 4 * k];
  }
  return said;
}

TEST(ImageOracle, ReadsWhatNibabelWrites) {
  REQUIRE_NIBABEL();
  const test::TemporaryFolder folder;
  const auto made = test::run(nibabel + ("write " + folder.path().string()));
  ASSERT_EQ(made.status, 0) << made.output;
  std::istringstream lines(made.output);
  int files = 0;
  for (std::string line; std::getline(lines, line); ++files) {
    const Said said = parsed(line);
    std::vector<Warning> warnings;
    const LabelVolume labels = read_labels(folder / said.name, &warnings);
    EXPECT_TRUE(same_grid(labels.grid, said.grid, 1e-3)) << said.name;
    EXPECT_EQ(std::vector<double>(labels.voxels.begin(), labels.voxels.end()), said.voxels) << said.name;
    EXPECT_TRUE(warnings.empty()) << said.name;
  }
  EXPECT_EQ(files, 100) << "five kinds, ten types, two byte orders";
}

TEST(ImageOracle, NibabelReadsWhatWeWrite) {
  REQUIRE_NIBABEL();
  const test::TemporaryFolder folder;
  Grid grid = test::small_grid();
  grid.size = {5, 4, 3};
  grid.spacing = {60, 70, 80};
  std::vector<Mat3> directions = test::axis_directions();
  directions.resize(12);  // of both hands
  for (const double a : {0.3, 3.1, 3.14159}) directions.push_back(test::rotation(a, -0.2, 1.5, a > 3.1));
  for (const Mat3& direction : directions) {
    grid.direction = direction;
    LabelVolume labels(grid);
    for (std::size_t i = 0; i < labels.voxels.size(); ++i)
      labels.voxels[i] = static_cast<std::uint8_t>(i * 7);
    write_labels(folder / "l.nii.gz", labels);
    const auto read = test::run(nibabel + ("read " + (folder / "l.nii.gz").string()));
    ASSERT_EQ(read.status, 0) << read.output;
    const Said said = parsed(read.output.substr(0, read.output.find('\n')));
    EXPECT_TRUE(same_grid(said.grid, grid, 1e-3));
    EXPECT_EQ(said.voxels, std::vector<double>(labels.voxels.begin(), labels.voxels.end()));
    const std::string agree = read.output.substr(read.output.find("agree ") + 6);
    if (!agree.starts_with("none")) {
      EXPECT_LT(std::stod(agree), 0.02) << read.output;
    }
  }
}

TEST(ImageOracle, ReadsWhatTeemWrites) {
  REQUIRE_TOOL("teem-unu");
  const test::TemporaryFolder folder;
  Grid grid = test::small_grid();
  grid.direction = test::rotation(17, -33);
  const CtVolume ct = test::make_ct(grid);
  write_ct(folder / "ours.nrrd", ct);
  for (const std::string how : {"-f nrrd -e raw -en little", "-f nrrd -e raw -en big", "-f nrrd -e gzip",
                                "-f nrrd -e ascii", "-f nrrd -e hex"})
    for (const std::string name : {"theirs.nrrd", "theirs.nhdr"}) {
      const auto made = test::run("cd " + folder.path().string() + " && rm -f theirs* && teem-unu save " +
                                  how + " -i ours.nrrd -o " + name);
      ASSERT_EQ(made.status, 0) << made.output;
      const CtVolume back = read_image_ct(folder / name).volume;
      EXPECT_EQ(back.voxels, ct.voxels) << how << " " << name;
      EXPECT_TRUE(same_grid(back.grid, grid, 1e-6)) << how << " " << name;
    }
}

TEST(ImageOracle, ReadsWhatPlastimatchWritesAndTheOtherWay) {
  REQUIRE_TOOL("plastimatch");
  const test::TemporaryFolder folder;
  Grid grid = test::small_grid();
  grid.direction = test::rotation(17, -33);
  const CtVolume ct = test::make_ct(grid);
  for (const std::string from : {"ours.mha", "ours.nrrd", "ours.nii.gz"}) {
    write_ct(folder / from, ct);
    const auto made =
        test::run("cd " + folder.path().string() + " && plastimatch convert --output-type short --input " +
                  from + " --output-img theirs.mha");
    ASSERT_EQ(made.status, 0) << made.output;
    const CtVolume back = read_image_ct(folder / "theirs.mha").volume;
    EXPECT_EQ(back.voxels, ct.voxels) << from;
    EXPECT_TRUE(same_grid(back.grid, grid, 1e-3)) << from;
  }
}

}  // namespace
}  // namespace anatomynet::io
