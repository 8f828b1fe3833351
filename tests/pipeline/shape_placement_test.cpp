#include "pipeline/shape_placement.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/known_organs.h"
#include "core/vectors.h"
#include "pipeline/dicom_output.h"
#include "pipeline/judge.h"

namespace {

using namespace anatomynet;
using geometry::RigidMotion;
using model::LandmarkPart;
using model::ShapePrior;
using testing::HasSubstr;

constexpr int brain_stem = 1, chiasm = 2, nerve = 4, eye_left = 13, eye_right = 14;
constexpr double radius = 5;           // of the organ, a ball
const Vec3 centre{0.31, 19.17, 2.43};  // off all nodes

double distance(const Vec3& a, const Vec3& b) { return std::sqrt(dot(minus(a, b), minus(a, b))); }

// Waves longer than the search, in the prior's frame.
double hu_at(const Vec3& p) {
  return 100 + 150 * std::sin(p[0] / 7) * std::sin(p[1] / 9 + 1) + 60 * std::sin(p[2] / 6 + p[0] / 11);
}

// The threshold is met on the surface of a ball.
double probability_at(const Vec3& p) {
  return std::clamp(0.5 + (radius - distance(p, centre)) / 6, 0.0, 1.0);
}

template <class F>
void fill(Volume<float>& volume, F value) {
  const Size3& n = volume.grid.size;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x)
        volume.at(x, y, z) =
            static_cast<float>(value(volume.grid.to_world({double(x), double(y), double(z)})));
}

ShapePrior ball() {
  ShapePrior prior;
  prior.organ = "OpticChiasm";
  prior.landmarks = {{"Brainstem", LandmarkPart::top, 8, 80, {0, 49, 5}},
                     {"Eye_L", LandmarkPart::centre, 3, 20, {32, -34, 0}},
                     {"Eye_R", LandmarkPart::centre, 3, 20, {-32, -34, 0}}};
  prior.threshold = 0.5;
  prior.probability = Volume<float>(Grid{{25, 25, 25}, {1, 1, 1}, {-12, 7, -10}, Grid{}.direction});
  fill(prior.probability, probability_at);
  prior.hu_low = -100;
  prior.hu_high = 300;
  prior.surroundings = Volume<float>(Grid{{25, 21, 15}, {2, 2, 2}, {-24, -5, -12}, Grid{}.direction});
  fill(prior.surroundings, [](const Vec3& p) { return std::clamp(hu_at(p), -100.0, 300.0); });
  return prior;
}

OrganTable organs() {
  OrganTable table;
  for (const int id : {brain_stem, chiasm, nerve, eye_left, eye_right})
    table.push_back(*find_organ(known_organs(), id));
  return table;
}

// Turned about the left-right axis (a nod), then about the long axis.
RigidMotion motion(double nod, double turn, const Vec3& shift) {
  const double a = std::cos(nod), b = std::sin(nod), c = std::cos(turn), d = std::sin(turn);
  return {{{{c, -d * a, d * b}, {d, c * a, -c * b}, {0, b, a}}}, shift};
}

RigidMotion after(const RigidMotion& second, const RigidMotion& first) {
  RigidMotion both;
  for (int j = 0; j < 3; ++j)
    for (int k = 0; k < 3; ++k) {
      both.rotation[j][k] = 0;
      for (int i = 0; i < 3; ++i) both.rotation[j][k] += second.rotation[j][i] * first.rotation[i][k];
    }
  both.shift = second(first.shift);
  return both;
}

Vec3 back(const RigidMotion& m, const Vec3& p) {
  Vec3 out{};
  for (int k = 0; k < 3; ++k)
    for (int j = 0; j < 3; ++j) out[k] += m.rotation[j][k] * (p[j] - m.shift[j]);
  return out;
}

struct Patient {
  CtVolume ct;
  LabelVolume labels;
};

// The prior's neighbours and CT, moved; organs lie `organs_off` from where the CT says.
Patient patient(const RigidMotion& to_patient, const Vec3& organs_off = {}, double eye_radius = 12) {
  const Grid grid{{68, 80, 50}, {2, 2, 2}, minus(to_patient.shift, {67, 69, 49}), Grid{}.direction};
  Patient p{CtVolume(grid), LabelVolume(grid)};
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 at = back(to_patient, grid.to_world({double(x), double(y), double(z)}));
        p.ct.at(x, y, z) = static_cast<std::int16_t>(std::lround(hu_at(at)));
        const Vec3 q = minus(at, organs_off);
        std::uint8_t& label = p.labels.at(x, y, z);
        if (std::hypot(q[0], q[1] - 49) < 14 && q[2] > -30 && q[2] < 10) label = brain_stem;
        if (distance(q, {32, -34, 0}) < eye_radius) label = eye_left;
        if (distance(q, {-32, -34, 0}) < eye_radius) label = eye_right;
      }
  return p;
}

void erase(LabelVolume& labels, int id) {
  std::replace(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id), std::uint8_t{0});
}

pipeline::ShapePlace place_of(const Patient& p) {
  return pipeline::find_place(p.ct, p.labels, organs(), ball());
}

double off_mm(const pipeline::ShapePlace& place, const RigidMotion& truth) {
  return distance(place.to_patient(centre), truth(centre));
}

const RigidMotion nodding = motion(0.08, -0.05, {210, -330, 1180});

// Also on voxels of half a millimetre, where steps as large as the prior's own millimetre would show.
TEST(DrawShape, DrawsTheShapeMovedOnAnyGrid) {
  const RigidMotion to_patient = motion(0.3, -0.2, {12.3, -40.1, 7.7});
  const Vec3 middle = to_patient(centre);
  Mat3 oblique = motion(0.1, 0.15, {}).rotation;
  const Mat3 sagittal{{{0, 0, -1}, {1, 0, 0}, {0, -1, 0}}};
  for (const double mm : {0.5, 1.0})
    for (const Mat3& direction : {Grid{}.direction, oblique, sagittal}) {
      Grid grid{{40, 40, 40}, {mm, mm, mm}, {}, direction};
      const Vec3 half = grid.to_world({19.6, 20.2, 20.5});
      grid.origin = minus(middle, half);
      LabelVolume labels(grid);
      const std::int64_t drawn = pipeline::draw_shape(ball(), to_patient, chiasm, labels);
      std::int64_t wrong = 0, voxels = 0;
      for (std::int64_t z = 0; z < 40; ++z)
        for (std::int64_t y = 0; y < 40; ++y)
          for (std::int64_t x = 0; x < 40; ++x) {
            const double r = distance(grid.to_world({double(x), double(y), double(z)}), middle);
            const bool is = labels.at(x, y, z) == chiasm;
            voxels += is;
            wrong += is != (r < radius) && std::abs(r - radius) > 0.15;
          }
      EXPECT_EQ(wrong, 0) << mm;
      EXPECT_EQ(drawn, voxels);
      const double ball_ml = 4.0 / 3 * M_PI * radius * radius * radius / 1000;
      EXPECT_NEAR(double(voxels) * grid.voxel_ml() / ball_ml, 1, 0.06);
    }
}

TEST(DrawShape, MovesWithThePatient) {
  const RigidMotion moved = motion(-0.4, 0.7, {-250, 31, 900});
  Grid grid{{30, 20, 12}, {1.1, 1.3, 3}, {-16, 6, -15}, Grid{}.direction};
  LabelVolume first(grid);
  EXPECT_GT(pipeline::draw_shape(ball(), {}, chiasm, first), 50);
  grid.origin = moved(grid.origin);
  grid.direction = moved.rotation;
  LabelVolume second(grid);
  pipeline::draw_shape(ball(), after(moved, {}), chiasm, second);
  EXPECT_EQ(first.voxels, second.voxels);
}

// On coarse voxels, whose centres alone would say something else of some.
TEST(DrawShape, TakesTheMeanOverEachVoxel) {
  std::int64_t wrong = 0, centre_differs = 0;
  for (const double off : {0.0, 0.9, 1.7, 2.6}) {
    const Grid grid{{8, 8, 10}, {4.7, 4.7, 3}, {-16 + off, 3 - off, -11 + off}, Grid{}.direction};
    LabelVolume labels(grid);
    pipeline::draw_shape(ball(), {}, chiasm, labels);
    for (std::int64_t i = 0; i < grid.voxel_count(); ++i) {
      const std::int64_t x = i % 8, y = i / 8 % 8, z = i / 64;
      double mean = 0;
      constexpr int fine = 10;
      for (int j = 0; j < fine * fine * fine; ++j) {
        const auto within = [&](int k) { return (k % fine + 0.5) / fine - 0.5; };
        mean += probability_at(grid.to_world({double(x) + within(j), double(y) + within(j / fine),
                                              double(z) + within(j / fine / fine)})) /
                (fine * fine * fine);
      }
      if (std::abs(mean - 0.5) < 0.02) continue;
      wrong += (labels.voxels[i] == chiasm) != (mean > 0.5);
      centre_differs +=
          (probability_at(grid.to_world({double(x), double(y), double(z)})) >= 0.5) != (mean > 0.5);
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(centre_differs, 0);
}

TEST(DrawShape, LeavesOtherOrgans) {
  LabelVolume labels(Grid{{30, 30, 30}, {1, 1, 1}, {-15, 5, -12}, Grid{}.direction}, nerve);
  EXPECT_EQ(pipeline::draw_shape(ball(), {}, chiasm, labels), 0);
  EXPECT_EQ(std::count(labels.voxels.begin(), labels.voxels.end(), nerve), 27000);
}

TEST(FindPlace, FollowsTheNeighbours) {
  for (const RigidMotion& truth : {motion(0, 0, {0, 0, 0}), nodding, motion(-0.1, 0.08, {-40, 5, -900})}) {
    const pipeline::ShapePlace place = place_of(patient(truth));
    EXPECT_EQ(place.refused, "");
    EXPECT_GT(place.likeness, 0.9);
    EXPECT_TRUE(off_mm(place, truth) <= 1) << off_mm(place, truth);
  }
}

// Contours that are all off by a voxel of a coarse CT.
TEST(FindPlace, LooksAtTheCt) {
  for (const Vec3& off : {Vec3{4, 0, 0}, Vec3{0, -4, 0}, Vec3{0, 0, 4}, Vec3{-4, 4, -3}}) {
    const pipeline::ShapePlace place = place_of(patient(nodding, off));
    EXPECT_EQ(place.refused, "");
    EXPECT_TRUE(off_mm(place, nodding) <= 0.6 * std::sqrt(dot(off, off))) << off_mm(place, nodding);
  }
}

// What a network draws elsewhere, even if it is larger.
TEST(FindPlace, TakesThePieceThatLiesRight) {
  Patient p = patient(nodding);
  for (std::int64_t z = 0; z < 14; ++z)
    for (std::int64_t y = 60; y < 74; ++y)
      for (std::int64_t x = 50; x < 60; ++x) p.labels.at(x, y, z) = eye_left;
  const pipeline::ShapePlace place = place_of(p);
  EXPECT_EQ(place.refused, "");
  EXPECT_TRUE(off_mm(place, nodding) <= 1) << off_mm(place, nodding);
}

TEST(FindPlace, RefusesWhereALandmarkIsMissingOrOdd) {
  for (const auto& [id, name] :
       {std::pair{brain_stem, "Brainstem"}, {eye_left, "Eye_L"}, {eye_right, "Eye_R"}}) {
    Patient p = patient(nodding);
    erase(p.labels, id);
    EXPECT_THAT(place_of(p).refused, HasSubstr(std::string(name) + " is not found"));
  }
  EXPECT_THAT(place_of(patient(nodding, {}, 7)).refused, HasSubstr("Eye_L is not found"));  // 1.4 ml
  Patient swapped = patient(nodding);
  for (std::uint8_t& v : swapped.labels.voxels)
    if (v == eye_left || v == eye_right) v = v == eye_left ? eye_right : eye_left;
  EXPECT_THAT(place_of(swapped).refused, HasSubstr("Eye_L is not found near its place"));
}

TEST(FindPlace, RefusesWhereTheCtLooksDifferent) {
  Patient p = patient(nodding);
  std::fill(p.ct.voxels.begin(), p.ct.voxels.end(), std::int16_t{40});
  EXPECT_THAT(place_of(p).refused, HasSubstr("looks different"));
}

// Slices above the nerves are left out; so is the chiasm.
TEST(FindPlace, RefusesOutOfTheFieldOfView) {
  Patient p = patient(motion(0, 0, {}));
  ShapePrior prior = ball();
  prior.probability.grid.origin[2] += 46;
  EXPECT_THAT(pipeline::find_place(p.ct, p.labels, organs(), prior).refused, HasSubstr("field of view"));
}

class JudgeShapes : public testing::Test {
 protected:
  JudgeShapes() {
    model_.organs = organs();
    model_.phantom_only = true;  // no comparison with people
    model_.shape_priors = {ball()};
  }
  pipeline::Judgement judged(Patient p, const OrganTable& chosen) {
    p.labels.at(3, 3, 3) = chiasm;  // the network's
    result_.labels = p.labels;
    result_.confidence = {{chiasm, 1, 0.4, 1, 0.4}};
    return pipeline::judge(p.ct, nullptr, result_, model_, chosen, "default");
  }
  const quality::OrganQuality& chiasm_in(const pipeline::Judgement& j) {
    return *std::find_if(j.report.organs.begin(), j.report.organs.end(),
                         [](auto& q) { return q.id == chiasm; });
  }
  std::int64_t voxels(int id) {
    return std::count(result_.labels.voxels.begin(), result_.labels.voxels.end(), id);
  }

  model::ModelInfo model_;
  inference::Segmentation result_;
};

TEST_F(JudgeShapes, SayThatTheOrganIsPlacedByShape) {
  const pipeline::Judgement j = judged(patient(nodding), model_.organs);
  EXPECT_EQ(result_.labels.at(3, 3, 3), 0);
  EXPECT_NEAR(double(voxels(chiasm)) * 0.008, 0.52, 0.08);
  const quality::OrganQuality& q = chiasm_in(j);
  ASSERT_FALSE(q.flags.empty());
  EXPECT_EQ(q.flags[0].code, "by-shape");
  EXPECT_EQ(q.flags[0].text, "placed by shape from the neighbours, not seen in the CT; check first");
  EXPECT_LT(q.score, 0.5);
  EXPECT_LE(j.report.score, q.score);
  EXPECT_FALSE(q.confidence);
  EXPECT_THAT(j.json, HasSubstr("by-shape"));
  EXPECT_TRUE(j.warnings.empty());
}

TEST_F(JudgeShapes, SayOfOtherOrgansThatTheyWereLearntFromLittle) {
  model_.evidence = {{"Eye_L", 12, 4, 0.95, "experts", 0.93}, {"Eye_R", 9, 4, 0.95, "experts", 0.93}};
  const pipeline::Judgement j = judged(patient(nodding), model_.organs);
  for (const quality::OrganQuality& q : j.report.organs) {
    const bool flagged = std::any_of(q.flags.begin(), q.flags.end(),
                                     [](const quality::Flag& f) { return f.code == "weak-evidence"; });
    EXPECT_EQ(flagged, q.organ == "Eye_R") << q.organ;
    if (flagged) {
      EXPECT_LT(q.score, 0.5);
    }
  }
  EXPECT_THAT(j.json, HasSubstr("learnt from 9 scans; Dice 0.95 against experts on 4 scans"));
}

TEST_F(JudgeShapes, LeaveTheOrganOutWhereItCannotBePlaced) {
  Patient p = patient(nodding);
  erase(p.labels, eye_right);
  const pipeline::Judgement j = judged(p, model_.organs);
  EXPECT_EQ(voxels(chiasm), 0);
  EXPECT_EQ(chiasm_in(j).flags[0].code, "not-placed");
  ASSERT_EQ(j.warnings.size(), 1u);
  EXPECT_THAT(j.warnings[0], HasSubstr("OpticChiasm is not drawn: Eye_R is not found"));
  OrganTable without = model_.organs;
  std::erase_if(without, [](const Organ& o) { return o.id == chiasm; });
  EXPECT_TRUE(judged(p, without).warnings.empty());
}

// A ball like the left eye's surroundings, laid where the network finds the eye.
ShapePrior eye() {
  ShapePrior prior = ball();
  prior.organ = "Eye_L";
  prior.landmarks = {{"Eye_L", LandmarkPart::centre, 3, 20, {0, 0, 0}}};
  const Vec3 middle{32, -34, 0};
  prior.probability = Volume<float>(Grid{{31, 31, 31}, {1, 1, 1}, {-15, -15, -15}, Grid{}.direction});
  fill(prior.probability,
       [](const Vec3& p) { return std::clamp(0.5 + (11 - distance(p, {})) / 6, 0.0, 1.0); });
  prior.surroundings = Volume<float>(Grid{{21, 21, 21}, {2, 2, 2}, {-20, -20, -20}, Grid{}.direction});
  fill(prior.surroundings,
       [&](const Vec3& p) { return std::clamp(hu_at(minus(p, scaled(middle, -1))), -100.0, 300.0); });
  return prior;
}

TEST_F(JudgeShapes, DrawAnEyeWhereTheNetworkFindsIt) {
  model_.shape_priors = {ball(), eye()};
  Patient p = patient(motion(0, 0, {210, -330, 1180}));
  const Vec3 middle = minus(Vec3{32, -34, 0}, {-210, 330, -1180});
  for (std::int64_t i = 0; i < p.labels.grid.voxel_count(); ++i) {  // a network that misses a part of it
    const std::int64_t x = i % 68, y = i / 68 % 80, z = i / 68 / 80;
    if (p.labels.voxels[i] == eye_left &&
        p.labels.grid.to_world({double(x), double(y), double(z)})[0] > middle[0] + 8)
      p.labels.voxels[i] = 0;
  }
  const std::int64_t right = std::count(p.labels.voxels.begin(), p.labels.voxels.end(), eye_right);
  const pipeline::Judgement j = judged(p, model_.organs);
  Vec3 sum{};
  for (std::int64_t i = 0; i < result_.labels.grid.voxel_count(); ++i)
    if (result_.labels.voxels[i] == eye_left) {
      const Vec3 at =
          result_.labels.grid.to_world({double(i % 68), double(i / 68 % 80), double(i / 68 / 80)});
      for (int k = 0; k < 3; ++k) sum[k] += at[k];
    }
  const auto drawn = double(voxels(eye_left));
  EXPECT_NEAR(drawn * 0.008, 4.0 / 3 * M_PI * 1.331, 0.3);
  EXPECT_TRUE(distance(scaled(sum, 1 / drawn), middle) < 1) << distance(scaled(sum, 1 / drawn), middle);
  EXPECT_EQ(voxels(eye_right), right);
  EXPECT_GT(voxels(chiasm), 0) << "its landmark is the eye that the network found";
  for (const quality::OrganQuality& q : j.report.organs)
    for (const quality::Flag& f : q.flags) EXPECT_FALSE(q.id == eye_left && f.code == "by-shape");
  EXPECT_TRUE(j.warnings.empty());
}

TEST_F(JudgeShapes, LeaveAnEyeAsTheNetworkDrewItWhereTheCtEnds) {
  model_.shape_priors = {eye()};
  Patient p = patient(motion(0, 0, {}));
  const std::int64_t top = 25;  // slices, through the eyes
  Patient cut{CtVolume(p.ct.grid), LabelVolume(p.labels.grid)};
  Grid grid = p.ct.grid;
  grid.size[2] = top;
  cut.ct = CtVolume(grid);
  cut.labels = LabelVolume(grid);
  std::copy_n(p.ct.voxels.begin(), grid.voxel_count(), cut.ct.voxels.begin());
  std::copy_n(p.labels.voxels.begin(), grid.voxel_count(), cut.labels.voxels.begin());
  const std::int64_t before = std::count(cut.labels.voxels.begin(), cut.labels.voxels.end(), eye_left);
  ASSERT_GT(before, 300);
  const pipeline::Judgement j = judged(cut, model_.organs);
  EXPECT_EQ(voxels(eye_left), before);
  EXPECT_TRUE(j.warnings.empty());
}

TEST(WeakContours, AreSaidInTheRoiDescription) {
  model::ModelInfo model;
  model.shape_priors = {ball()};
  model.evidence = {{"Brainstem", 163, 26, 0.84, "clinic", {}}, {"OpticNrv_L", 12, 4, 0.45, "experts", {}}};
  std::vector<templates::TemplateRoi> rois(3);
  rois[0].structure = "Brainstem";
  rois[2].structure = "OpticNrv_L";
  rois[1].structure = "OpticChiasm";
  rois[1].organ.name = "Chiasm";  // as the hospital calls it
  rois = pipeline::described(std::move(rois), model);
  EXPECT_EQ(rois[0].description, "");
  EXPECT_THAT(rois[1].description, HasSubstr("check first"));
  EXPECT_THAT(rois[2].description, HasSubstr("Check first: learnt from 12 scans; Dice 0.45"));
}

}  // namespace
