#include "pipeline/shape_landmarks.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/vectors.h"
#include "quality/pieces.h"
#include "quality/region.h"

namespace anatomynet::pipeline {
namespace {

using model::Landmark;
using model::LandmarkPart;
using Piece = std::vector<Vec3>;

constexpr double top_mm = 10;
constexpr double search_mm = 40;  // from where the first landmark says to another's piece

// The pieces of one organ, as points in the patient.
std::vector<Piece> pieces_in_space(const LabelVolume& labels, const LabelBox& box, int id) {
  if (box.empty()) return {};
  LabelVolume mask = quality::crop(labels, box);
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == id;
  const quality::Pieces pieces = quality::pieces_of(mask, quality::Neighbours::twenty_six);
  std::vector<Piece> points(pieces.voxels.size());
  const Size3& size = mask.grid.size;
  std::size_t i = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x, ++i)
        if (pieces.of_voxel[i] >= 0)
          points[static_cast<std::size_t>(pieces.of_voxel[i])].push_back(
              mask.grid.to_world({double(x), double(y), double(z)}));
  return points;
}

Vec3 point_of(const Piece& piece, LandmarkPart part) {
  double lowest = -1e9;
  if (part == LandmarkPart::top) {
    for (const Vec3& p : piece) lowest = std::max(lowest, p[2]);
    lowest -= top_mm;
  }
  Vec3 sum{};
  double count = 0;
  for (const Vec3& p : piece) {
    if (p[2] < lowest) continue;
    for (int k = 0; k < 3; ++k) sum[k] += p[k];
    ++count;
  }
  return scaled(sum, 1 / count);
}

bool fits(const Piece& piece, const Landmark& mark, double voxel_ml) {
  const double ml = double(piece.size()) * voxel_ml;
  return ml >= mark.low_ml && ml <= mark.high_ml;
}

std::optional<Vec3> nearest(const std::vector<Piece>& pieces, const Landmark& mark, double voxel_ml,
                            const Vec3& expected) {
  std::optional<Vec3> best;
  double least = search_mm;
  for (const Piece& piece : pieces) {
    if (!fits(piece, mark, voxel_ml)) continue;
    const Vec3 point = point_of(piece, mark.part);
    if (const double off = distance_mm(point, expected); off < least) {
      least = off;
      best = point;
    }
  }
  return best;
}

}  // namespace

FoundLandmarks find_landmarks(const LabelVolume& labels, const LabelBoxes& boxes, const OrganTable& organs,
                              const std::vector<Landmark>& landmarks) {
  FoundLandmarks found;
  const double voxel_ml = labels.grid.voxel_ml();
  for (const Landmark& mark : landmarks) {
    const int id = find_organ(organs, mark.organ)->id;
    const std::vector<Piece> pieces = pieces_in_space(labels, boxes[static_cast<std::size_t>(id)], id);
    std::optional<Vec3> point;
    if (!found.points.empty()) {
      const Vec3 from_first = minus(mark.at, landmarks[0].at);
      point = nearest(pieces, mark, voxel_ml, minus(from_first, scaled(found.points[0], -1)));
    } else if (!pieces.empty() && fits(pieces[0], mark, voxel_ml)) {
      point = point_of(pieces[0], mark.part);
    }
    if (!point) {
      found.missing = mark.organ + " is not found near its place, or its volume is odd";
      return found;
    }
    found.points.push_back(*point);
  }
  return found;
}

double distance_mm(const Vec3& a, const Vec3& b) {
  const Vec3 d = minus(a, b);
  return std::sqrt(dot(d, d));
}

}  // namespace anatomynet::pipeline
