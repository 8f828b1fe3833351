#pragma once
#include <algorithm>
#include <cmath>

#include "common/grids.h"
#include "core/known_organs.h"
#include "core/vectors.h"
#include "pipeline/shape_placement.h"

// A shape prior whose organ is a ball, and a patient made of its neighbours and CT.
namespace anatomynet::test {

using geometry::RigidMotion;
using model::LandmarkPart;
using model::ShapePrior;

inline constexpr int brain_stem = 1, chiasm = 2, nerve = 4, eye_left = 13, eye_right = 14;
inline constexpr double radius = 5;           // of the organ, a ball
inline constexpr double rod_radius = 4;       // of the one that lies between the ball and an eye
inline const Vec3 centre{0.31, 19.17, 2.43};  // off all nodes

// Waves longer than the search, in the prior's frame.
inline double hu_at(const Vec3& p) {
  return 100 + 150 * std::sin(p[0] / 7) * std::sin(p[1] / 9 + 1) + 60 * std::sin(p[2] / 6 + p[0] / 11);
}

// The threshold is met on the surface of a ball.
inline double probability_at(const Vec3& p) {
  return std::clamp(0.5 + (radius - distance(p, centre)) / 6, 0.0, 1.0);
}

// From the straight way between two points.
inline double off_the_way(const Vec3& p, const Vec3& from, const Vec3& to) {
  const Vec3 way = minus(to, from);
  const double part = std::clamp(dot(minus(p, from), way) / dot(way, way), 0.0, 1.0);
  return distance(minus(p, from), scaled(way, part));
}

template <class F>
inline void fill(Volume<float>& volume, F value) {
  const Size3& n = volume.grid.size;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x)
        volume.at(x, y, z) =
            static_cast<float>(value(volume.grid.to_world({double(x), double(y), double(z)})));
}

inline ShapePrior ball() {
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

// A ball like the left eye's surroundings, laid where the network finds the eye.
inline ShapePrior eye() {
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

// A rod from the left eye's centre to the ball, and to be laid so.
inline ShapePrior rod() {
  ShapePrior prior;
  prior.organ = "OpticNrv_L";
  const Vec3 eye_centre{32, -34, 0};
  prior.landmarks = {{"Eye_L", LandmarkPart::placed, 0, 0, eye_centre, {0, 0, 0}},
                     {"OpticChiasm", LandmarkPart::placed, 0, 0, centre, centre}};
  prior.threshold = 0.5;
  prior.probability = Volume<float>(Grid{{52, 80, 26}, {1, 1, 1}, {-10, -44, -12}, Grid{}.direction});
  fill(prior.probability, [&](const Vec3& p) {
    return std::clamp(0.5 + (rod_radius - off_the_way(p, eye_centre, centre)) / 6, 0.0, 1.0);
  });
  return prior;
}

inline OrganTable organs() {
  OrganTable table;
  for (const int id : {brain_stem, chiasm, nerve, eye_left, eye_right})
    table.push_back(*find_organ(known_organs(), id));
  return table;
}

// Turned about the left-right axis (a nod), then about the long axis.
inline RigidMotion motion(double nod, double turn, const Vec3& shift) {
  const double a = std::cos(nod), b = std::sin(nod), c = std::cos(turn), d = std::sin(turn);
  return {{{{c, -d * a, d * b}, {d, c * a, -c * b}, {0, b, a}}}, shift};
}

inline RigidMotion after(const RigidMotion& second, const RigidMotion& first) {
  RigidMotion both;
  for (int j = 0; j < 3; ++j)
    for (int k = 0; k < 3; ++k) {
      both.rotation[j][k] = 0;
      for (int i = 0; i < 3; ++i) both.rotation[j][k] += second.rotation[j][i] * first.rotation[i][k];
    }
  both.shift = second(first.shift);
  return both;
}

inline Vec3 back(const RigidMotion& m, const Vec3& p) {
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
inline Patient patient(const RigidMotion& to_patient, const Vec3& organs_off = {}, double eye_radius = 12) {
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

inline void erase(LabelVolume& labels, int id) {
  std::replace(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id), std::uint8_t{0});
}

inline pipeline::ShapePlace place_of(const Patient& p) {
  return pipeline::find_place(p.ct, p.labels, label_boxes(p.labels), organs(), ball());
}

inline double off_mm(const pipeline::ShapePlace& place, const RigidMotion& truth) {
  return distance(place.to_patient(centre), truth(centre));
}

inline const RigidMotion nodding = motion(0.08, -0.05, {210, -330, 1180});

}  // namespace anatomynet::test
