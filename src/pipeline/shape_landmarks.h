#pragma once
#include <string>
#include <vector>

#include "core/label_boxes.h"
#include "core/volume_view.h"
#include "model/shape_prior.h"

namespace anatomynet::pipeline {

/// Where the landmarks of a prior are in a patient, mm in LPS, in the prior's order.
struct FoundLandmarks {
  std::vector<Vec3> points;
  std::string missing;  ///< the first that is not found, one line; empty: all are
};

/// Of the first one's organ the largest piece, of each other's the piece nearest to where the first says, at
/// most 40 mm off; each within the landmark's limits of volume. Every organ that is named is among `organs`.
/// `boxes`: of the labels.
FoundLandmarks find_landmarks(const LabelVolume& labels, const LabelBoxes& boxes, const OrganTable& organs,
                              const std::vector<model::Landmark>& landmarks);

double distance_mm(const Vec3& a, const Vec3& b);

}  // namespace anatomynet::pipeline
