#pragma once
#include <array>
#include <cstddef>
#include <vector>

// Internal to the geometry module.
namespace anatomynet::geometry {

/// Where closed outlines cross lines of constant v. Lines that come in rising order cost no more than the
/// crossings that they have.
class EdgeSweep {
 public:
  /// Adds the edges of a closed polygon of points (u, v).
  void add(const std::vector<std::array<double, 2>>& points);
  /// To be called once, after the last polygon.
  void sort();
  /// The crossings' u, ascending; an even number. An edge counts from its lower end up to, not with, its
  /// upper one.
  const std::vector<double>& at(double v);
  std::size_t edges() const { return edges_.size(); }
  /// Crossings with lines `step` apart from `low` to `high`, in all; about.
  double crossings(double low, double high, double step) const;

 private:
  struct Edge {
    double v0, v1, u0, slope;
  };
  std::vector<Edge> edges_;          ///< lowest v0 first
  std::vector<std::size_t> active_;  ///< those that cross line_
  std::size_t next_ = 0;             ///< first edge above line_
  double line_ = 0;
  std::vector<double> crossings_;
};

}  // namespace anatomynet::geometry
