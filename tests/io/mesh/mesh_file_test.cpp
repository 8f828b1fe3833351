#include "io/mesh/mesh_file.h"

#include <cmath>
#include <cstring>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/support.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

using test::read_bytes;
using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A ball of radius 12 mm at (30, -50, 80) on an oblique grid of unequal spacing.
constexpr Vec3 centre{30, -50, 80};
LabelVolume ball() {
  Grid grid{{40, 34, 16}, {0.9, 1.1, 2.5}, {0, 0, 0}, test::rotation(25, -40)};
  const Vec3 middle = grid.to_world({19.5, 16.5, 7.5});
  for (int k = 0; k < 3; ++k) grid.origin[k] = centre[k] - middle[k];
  LabelVolume labels(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 p = grid.to_world({double(x), double(y), double(z)});
        labels.at(x, y, z) = std::hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) <= 12 ? 4 : 0;
      }
  return labels;
}

// The number after "Name :" or "Name =" in what admesh printed.
double figure(const std::string& text, const std::string& name) {
  const auto at = text.find(name);
  EXPECT_NE(at, std::string::npos) << name << " in\n" << text;
  return at == std::string::npos ? std::nan("") : std::stod(text.substr(text.find_first_of(":=", at) + 1));
}

TEST(MeshFile, AnotherProgramFindsTheStlClosedAndOfTheMasksVolume) {
  REQUIRE_TOOL("admesh");
  const TemporaryFolder folder;
  const LabelVolume labels = ball();
  const geometry::Surface surface = geometry::trace_surface(labels, 4);
  write_mesh(folder / "ball.stl", surface, "Ball");
  const auto checked = test::run("admesh " + (folder / "ball.stl").string());
  ASSERT_EQ(checked.status, 0) << checked.output;
  EXPECT_EQ(figure(checked.output, "Number of facets"), double(surface.triangles.size()));
  EXPECT_EQ(figure(checked.output, "Number of parts"), 1);
  for (const char* fault : {"Degenerate facets", "Edges fixed", "Facets removed", "Facets added",
                            "Facets reversed", "Backwards edges", "Normals fixed"})
    EXPECT_EQ(figure(checked.output, fault), 0) << fault;
  const double mask =
      double(std::count(labels.voxels.begin(), labels.voxels.end(), 4)) * labels.grid.voxel_ml() * 1000;
  EXPECT_NEAR(figure(checked.output, "Volume"), mask, 0.01 * mask);
  EXPECT_NEAR(figure(checked.output, "Volume"), 4.0 / 3 * M_PI * 1728, 0.02 * 7238);
  // Half a slice.
  EXPECT_NEAR(figure(checked.output, "Min X"), centre[0] - 12, 1.25);
  EXPECT_NEAR(figure(checked.output, "Min Y"), centre[1] - 12, 1.25);
  EXPECT_NEAR(figure(checked.output, "Min Z"), centre[2] - 12, 1.25);
}

TEST(MeshFile, StatesItsSpaceAndHoldsTheSurface) {
  const TemporaryFolder folder;
  const geometry::Surface surface = geometry::trace_surface(ball(), 4);
  write_mesh(folder / "ball.stl", surface,
             "Two words\n and a name that is longer than the header has room for, by far");
  const std::string stl = read_bytes(folder / "ball.stl");
  EXPECT_EQ(stl.size(), 84 + 50 * surface.triangles.size());
  EXPECT_THAT(stl, StartsWith("anatomynet SPACE=LPS UNIT=mm Two_words__and"));
  float x = 0;
  std::memcpy(&x, stl.data() + 84 + 12, sizeof x);
  EXPECT_EQ(x, surface.points[surface.triangles[0][0]][0]);

  write_mesh(folder / "ball.obj", surface, "Ba ll");
  std::istringstream obj(read_bytes(folder / "ball.obj"));
  std::string line;
  std::getline(obj, line);
  EXPECT_THAT(line, HasSubstr("SPACE=LPS"));
  geometry::Surface back;
  std::string name;
  while (std::getline(obj, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "o") words >> name;
    if (kind == "v") words >> back.points.emplace_back()[0] >> back.points.back()[1] >> back.points.back()[2];
    if (kind == "f") {
      words >> back.triangles.emplace_back()[0] >> back.triangles.back()[1] >> back.triangles.back()[2];
      for (auto& i : back.triangles.back()) --i;
    }
  }
  EXPECT_EQ(name, "Ba_ll");
  EXPECT_EQ(back.triangles, surface.triangles);
  EXPECT_NEAR(back.volume_ml(), surface.volume_ml(), 1e-3);
}

TEST(MeshFile, RefusesNothingOtherKindsAndUnwritableFolders) {
  const TemporaryFolder folder;
  const geometry::Surface surface = geometry::trace_surface(ball(), 4);
  EXPECT_THAT(test::input_error([&] { write_mesh(folder / "none.stl", {}, "Parotid_L"); }),
              HasSubstr("Parotid_L has no voxel"));
  EXPECT_THROW(write_mesh(folder / "ball.ply", surface, "Ball"), Error);
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  {
    const test::WithoutPrivileges ordinary;
    EXPECT_THROW(write_mesh(folder / "ball.stl", surface, "Ball"), Error);
  }
  fs::permissions(folder.path(), fs::perms::owner_all);
  EXPECT_TRUE(test::files_in(folder.path()).empty());
}

}  // namespace
}  // namespace anatomynet::io
