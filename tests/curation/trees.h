#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "core/volume.h"
#include "curation/source.h"

// Small patients for trees made in tests.
namespace anatomynet::test {

inline Grid patient_grid() {
  Grid grid;
  grid.size = {50, 40, 24};
  grid.spacing = {4, 4, 3};
  grid.origin = {-98, -78, -40};
  return grid;
}

/// A body of water in air, with bone in it.
inline CtVolume patient_ct(const Grid& grid = patient_grid()) {
  CtVolume ct(grid, -1000);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 p = grid.to_world({double(x), double(y), double(z)});
        if (p[0] * p[0] / (70 * 70) + p[1] * p[1] / (60 * 60) < 1)
          ct.at(x, y, z) = std::abs(p[0]) < 8 ? 700 : 20;
      }
  return ct;
}

/// 1 within `half` mm of the centre along every axis (LPS mm).
inline LabelVolume box_mask(const Grid& grid, const Vec3& centre, const Vec3& half) {
  LabelVolume mask(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 p = grid.to_world({double(x), double(y), double(z)});
        bool in = true;
        for (std::size_t k = 0; k < 3; ++k) in = in && std::abs(p[k] - centre[k]) <= half[k];
        if (in) mask.at(x, y, z) = 1;
      }
  return mask;
}

inline LabelVolume left_parotid(const Grid& grid = patient_grid()) {
  return box_mask(grid, {40, 0, 0}, {12, 10, 12});
}
inline LabelVolume right_parotid(const Grid& grid = patient_grid()) {
  return box_mask(grid, {-40, 0, 0}, {12, 10, 12});
}
inline LabelVolume brainstem(const Grid& grid = patient_grid()) {
  return box_mask(grid, {0, 10, 0}, {14, 14, 20});
}

inline bool said(const std::vector<curation::Note>& notes, const std::string& part) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const curation::Note& n) { return n.text.find(part) != std::string::npos; });
}

inline std::string all_of(const std::vector<curation::Note>& notes) {
  std::string text;
  for (const curation::Note& note : notes) text += note.text + "\n";
  return text;
}

inline std::string why(const curation::LoadedCase& loaded, const std::string& roi) {
  for (const curation::RoiOutcome& outcome : loaded.rois)
    if (outcome.name == roi) return outcome.organ + "|" + outcome.why;
  return "absent";
}

/// 1 where the labels hold the organ.
inline std::vector<std::uint8_t> voxels_of(const LabelVolume& labels, int id) {
  std::vector<std::uint8_t> out(labels.voxels.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = labels.voxels[i] == id ? 1 : 0;
  return out;
}

inline double dice_of(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  double both = 0, sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    both += a[i] && b[i];
    sum += (a[i] != 0) + (b[i] != 0);
  }
  return sum == 0 ? 1 : 2 * both / sum;
}

}  // namespace anatomynet::test
