#pragma once
#include <string>
#include <vector>

#include "quality/reference.h"

namespace anatomynet::quality {

/// The measurement as it would be of the mirrored patient.
Measurement mirrored(const Measurement& m);

/// All organs of a case, the one that is looked at in front, as of a patient in whom it is a left one.
struct View {
  std::string organ;  ///< name of the left one
  Measurement self;
  std::map<std::string, Measurement> others;  ///< by name, sides exchanged where mirrored; found ones only
};

/// `mirror`: exchange the sides; for right organs always done.
View view_of(const std::vector<Measurement>& all, const OrganTable& organs, std::size_t which,
             bool mirror = false);

/// Offset from the other organs' centroids in standard deviations, the median over the others that the
/// reference knows, along L, P, S; NaN without one.
Vec3 displacement(const View& view, const OrganReference& reference);

/// How well the CT around the organ fits the reference's, as it is and turned.
struct Turned {
  double likeness = 0;     ///< correlation as it is
  double mirrored = 0;     ///< left and right exchanged
  double upside_down = 0;  ///< the best of those with head and feet, or front and back, exchanged
};
Turned turned_of(const Surroundings& around, const OrganReference& reference);

/// The same, and where it fits best.
struct Fit : Turned {
  double likeness_moved = 0;   ///< correlation where it fits best
  std::array<int, 3> nodes{};  ///< whole nodes by which the lattice is moved there
  Vec3 shift{};  ///< mm by which the organ lies off from where the surroundings want it, L, P, S
};
Fit fit_of(const Surroundings& around, const OrganReference& reference);

/// The figures that tell a whole organ from a half; NaN where unknown.
const std::vector<std::string>& feature_names();
std::vector<double> features_of(const View& view, const OrganReference& reference, const Fit& fit);

/// Standardised with the reference's mean and deviation, NaN to 0.
std::vector<double> standardised(std::vector<double> features, const OrganReference& reference);

double dot(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace anatomynet::quality
