#pragma once
#include <string>
#include <vector>

#include "acceptance/compared_case.h"

namespace anatomynet::test {

/// An organ on which the two agree to `dice`, with its centres.
inline acceptance::ComparedOrgan compared(const std::string& organ, double dice, Vec3 truth = {},
                                          Vec3 model = {}) {
  acceptance::ComparedOrgan out;
  out.organ = organ;
  out.metrics.presence = evaluation::Presence::both;
  out.metrics.truth_voxels = out.metrics.predicted_voxels = 1000;
  out.metrics.dice = dice;
  out.metrics.mean_surface_mm = 1;
  out.truth_centre = truth;
  out.model_centre = model;
  return out;
}

inline acceptance::ComparedCase case_of(const std::string& name, int patient,
                                        std::vector<acceptance::ComparedOrgan> organs) {
  acceptance::ComparedCase out;
  out.name = name;
  out.patient = patient;
  out.grid.size = {64, 64, 32};
  out.grid.spacing = {1, 1, 2};
  out.organs = std::move(organs);
  return out;
}

}  // namespace anatomynet::test
