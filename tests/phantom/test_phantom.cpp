#include <array>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "core/cpus.h"
#include "core/error.h"
#include "core/organs.h"
#include "phantom/phantom.h"

namespace anatomynet::phantom {
namespace {

constexpr int brainstem = 1, chiasm = 2, mandible = 3, nerve_l = 4, nerve_r = 5, parotid_l = 6, parotid_r = 7,
              submand_l = 8, submand_r = 9;

Phantom phantom_of(std::uint64_t seed, Size3 size, std::optional<Vec3> spacing = {}) {
  PhantomOptions options;
  options.seed = seed;
  options.size = size;
  options.spacing = spacing;
  return make_phantom(options);
}

struct Measure {
  double ml = 0, mean_hu = 0;
  Vec3 centre{};  // LPS mm
};

std::map<int, Measure> measure(const Phantom& p) {
  std::map<int, Measure> out;
  std::map<int, double> count;
  const Grid& g = p.labels.grid;
  for (std::int64_t z = 0; z < g.size[2]; ++z)
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x) {
        const int id = p.labels.at(x, y, z);
        if (id == 0) continue;
        Measure& m = out[id];
        const Vec3 w = g.to_world({double(x), double(y), double(z)});
        ++count[id];
        m.mean_hu += p.ct.at(x, y, z);
        for (int k = 0; k < 3; ++k) m.centre[k] += w[k];
      }
  for (auto& [id, m] : out) {
    m.ml = count[id] * g.voxel_ml();
    m.mean_hu /= count[id];
    for (double& c : m.centre) c /= count[id];
  }
  return out;
}

// Share of the organ in its largest piece, neighbours counted over faces, edges and corners.
double largest_piece(const LabelVolume& labels, int id) {
  std::vector<char> open(labels.voxels.size());
  std::size_t total = 0, best = 0;
  for (std::size_t i = 0; i < open.size(); ++i) total += (open[i] = labels.voxels[i] == id);
  const Size3& n = labels.grid.size;
  for (std::size_t start = 0; start < open.size(); ++start) {
    if (!open[start]) continue;
    std::vector<std::int64_t> todo{static_cast<std::int64_t>(start)};
    open[start] = 0;
    std::size_t piece = 0;
    while (!todo.empty()) {
      const std::int64_t at = todo.back();
      todo.pop_back();
      ++piece;
      const std::int64_t x = at % n[0], y = at / n[0] % n[1], z = at / n[0] / n[1];
      for (std::int64_t k = std::max<std::int64_t>(z - 1, 0); k <= std::min(z + 1, n[2] - 1); ++k)
        for (std::int64_t j = std::max<std::int64_t>(y - 1, 0); j <= std::min(y + 1, n[1] - 1); ++j)
          for (std::int64_t i = std::max<std::int64_t>(x - 1, 0); i <= std::min(x + 1, n[0] - 1); ++i) {
            char& next = open[static_cast<std::size_t>(labels.grid.offset(i, j, k))];
            if (next) todo.push_back(labels.grid.offset(i, j, k));
            next = 0;
          }
    }
    best = std::max(best, piece);
  }
  return double(best) / double(total);
}

struct Range {
  double low, high;
};

// Literature: parotid 15 to 40 ml, submandibular gland 5 to 12, mandible 50 to 95, brainstem 19 to 36; optic
// nerves (orbit to chiasm, with sheath) and chiasm as contoured in PDDCA.
const std::map<int, Range> plausible_ml = {
    {brainstem, {17, 38}}, {chiasm, {0.35, 1.2}}, {mandible, {45, 100}},
    {nerve_l, {0.5, 1.4}}, {nerve_r, {0.5, 1.4}}, {parotid_l, {11, 40}},
    {parotid_r, {11, 40}}, {submand_l, {4, 13}},  {submand_r, {4, 13}}};
const std::map<int, Range> plausible_hu = {
    {brainstem, {25, 55}},  {chiasm, {10, 50}},   {mandible, {450, 1000}},
    {nerve_l, {-20, 45}},   {nerve_r, {-20, 45}}, {parotid_l, {-45, 45}},
    {parotid_r, {-45, 45}}, {submand_l, {0, 80}}, {submand_r, {0, 80}}};

TEST(Phantom, ManySeedsHaveEveryOrganInPlaceAndOfPlausibleSizeAndDensity) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Phantom p = phantom_of(seed, {128, 128, 96});
    auto m = measure(p);
    ASSERT_EQ(m.size(), 9u);
    for (const auto& [id, range] : plausible_ml) {
      EXPECT_TRUE(m[id].ml >= range.low && m[id].ml <= range.high)
          << "organ " << id << ": " << m[id].ml << " ml";
      const Range hu = plausible_hu.at(id);
      EXPECT_TRUE(m[id].mean_hu >= hu.low && m[id].mean_hu <= hu.high)
          << "organ " << id << ": " << m[id].mean_hu;
    }
    // +x is the patient's left: each left organ lies there, seen from the middle of the brainstem.
    for (const int left : {nerve_l, parotid_l, submand_l}) {
      const int right = left + 1;
      EXPECT_GT(m[left].centre[0], m[brainstem].centre[0]);
      EXPECT_LT(m[right].centre[0], m[brainstem].centre[0]);
      EXPECT_GT(m[left].centre[0] - m[right].centre[0], 22);
    }
    EXPECT_LT(m[nerve_l].centre[1], m[chiasm].centre[1] - 10);       // nerves in front of the chiasm
    EXPECT_LT(m[chiasm].centre[1], m[brainstem].centre[1] - 10);     // chiasm in front of the brainstem
    EXPECT_GT(m[chiasm].centre[2], m[brainstem].centre[2] + 5);      // and above its middle
    EXPECT_LT(m[mandible].centre[1], m[parotid_l].centre[1] - 10);   // jaw in front of the parotids
    EXPECT_LT(m[submand_l].centre[2], m[parotid_l].centre[2] - 20);  // submandibular glands lowest
    EXPECT_LT(m[parotid_r].centre[2], m[brainstem].centre[2]);
  }
}

TEST(Phantom, EveryOrganIsOnePieceAtThreeMillimetres) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Phantom p = phantom_of(seed, {104, 104, 90}, Vec3{3, 3, 3});
    for (int id = 1; id <= 9; ++id)
      EXPECT_GE(largest_piece(p.labels, id), 0.97) << "seed " << seed << ", organ " << id;
    for (const int id : {chiasm, nerve_l, nerve_r})
      EXPECT_EQ(largest_piece(p.labels, id), 1.0) << "seed " << seed;
  }
}

TEST(Phantom, NervesReachTheChiasm) {
  const Phantom p = phantom_of(3, {160, 160, 160}, Vec3{1.5, 1.5, 1.5});
  LabelVolume optic = p.labels;
  for (auto& v : optic.voxels) v = v == chiasm || v == nerve_l || v == nerve_r;
  EXPECT_EQ(largest_piece(optic, 1), 1.0);
}

TEST(Phantom, SameSeedIsTheSameWhateverTheThreads) {
  const auto on = [](int cpus) {
    const CpuShare share(cpus);
    return phantom_of(11, {72, 80, 48});
  };
  const Phantom one = on(1), three = on(3);
  EXPECT_EQ(one.ct.voxels, three.ct.voxels);
  EXPECT_EQ(one.labels.voxels, three.labels.voxels);
  EXPECT_EQ(one.ct.grid.origin, three.ct.grid.origin);
}

TEST(Phantom, SeedsDifferInAnatomyPoseAndView) {
  std::set<double> spacings, stems;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Phantom p = phantom_of(seed, {64, 64, 64});
    spacings.insert(p.ct.grid.spacing[0]);
    stems.insert(measure(p)[brainstem].ml / p.ct.grid.voxel_ml());
  }
  EXPECT_EQ(spacings.size(), 8u);
  EXPECT_GE(stems.size(), 7u);
}

TEST(Phantom, ASeedIsOnePatientAtAnyResolution) {
  auto coarse = measure(phantom_of(5, {130, 130, 100}, Vec3{2, 2, 2.5}));
  auto fine = measure(phantom_of(5, {260, 260, 200}, Vec3{1, 1, 1.25}));
  for (const int id : {brainstem, mandible, parotid_l, parotid_r, submand_l, submand_r})
    EXPECT_NEAR(coarse[id].ml, fine[id].ml, 0.03 * fine[id].ml) << "organ " << id;
}

TEST(Phantom, GridIsAsAskedAndTheHeadIsInside) {
  const Phantom given = phantom_of(2, {90, 110, 60}, Vec3{3, 2.5, 4});
  EXPECT_EQ(given.ct.grid.size, (Size3{90, 110, 60}));
  EXPECT_EQ(given.ct.grid.spacing, (Vec3{3, 2.5, 4}));
  EXPECT_TRUE(same_grid(given.ct.grid, given.labels.grid));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Phantom p = phantom_of(seed, {96, 160, 48});
    const Grid& g = p.ct.grid;
    EXPECT_GE(g.spacing[0] * 96, 262);
    EXPECT_GE(g.spacing[2] * 48, 261);
    for (const std::int16_t v : p.ct.slice(47))
      EXPECT_LT(v, 0) << "seed " << seed << ": the vertex is cut off";
  }
}

TEST(Phantom, HasTheRangeOfACt) {
  const Phantom p = phantom_of(4, {128, 128, 80});
  std::int64_t air = 0, soft = 0, bone = 0;
  for (const std::int16_t v : p.ct.voxels) {
    ASSERT_GE(v, -1024);
    ASSERT_LE(v, 3071);
    air += v < -900;
    soft += v > -150 && v < 150;
    bone += v > 300;
  }
  const auto n = static_cast<double>(p.ct.voxels.size());
  EXPECT_GT(double(air) / n, 0.5);
  EXPECT_GT(double(soft) / n, 0.05);
  EXPECT_GT(double(bone) / n, 0.01);
}

TEST(Phantom, RefusesSizesAndSpacingsOutOfRange) {
  const auto kind_of = [](Size3 size, std::optional<Vec3> spacing) {
    try {
      phantom_of(1, size, spacing);
    } catch (const Error& error) {
      return std::optional(error.kind());
    }
    return std::optional<ErrorKind>();
  };
  EXPECT_EQ(kind_of({15, 64, 64}, {}), ErrorKind::usage);
  EXPECT_EQ(kind_of({64, 64, 4096}, {}), ErrorKind::usage);
  EXPECT_EQ(kind_of({2048, 2048, 2048}, {}), ErrorKind::usage);
  EXPECT_EQ(kind_of({64, 64, -1}, {}), ErrorKind::usage);
  EXPECT_EQ(kind_of({16, 16, 16}, Vec3{0, 1, 1}), ErrorKind::usage);
  EXPECT_EQ(kind_of({16, 16, 16}, Vec3{1, std::nan(""), 1}), ErrorKind::usage);
  EXPECT_EQ(kind_of({16, 16, 16}, Vec3{1, 1, 1}), std::nullopt);
}

}  // namespace
}  // namespace anatomynet::phantom
