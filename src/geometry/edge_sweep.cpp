#include "geometry/edge_sweep.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::geometry {

void EdgeSweep::add(const std::vector<std::array<double, 2>>& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto a = points[i], b = points[i + 1 < points.size() ? i + 1 : 0];
    if (a[1] > b[1]) std::swap(a, b);
    if (a[1] < b[1]) edges_.push_back({a[1], b[1], a[0], (b[0] - a[0]) / (b[1] - a[1])});
  }
}

void EdgeSweep::sort() {
  std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.v0 < b.v0; });
  line_ = -INFINITY;
}

const std::vector<double>& EdgeSweep::at(double v) {
  if (v < line_) next_ = 0, active_.clear();
  line_ = v;
  for (; next_ < edges_.size() && edges_[next_].v0 <= v; ++next_) active_.push_back(next_);
  std::erase_if(active_, [&](std::size_t e) { return edges_[e].v1 <= v; });
  crossings_.clear();
  for (const std::size_t e : active_)
    crossings_.push_back(edges_[e].u0 + (v - edges_[e].v0) * edges_[e].slope);
  std::sort(crossings_.begin(), crossings_.end());
  return crossings_;
}

double EdgeSweep::crossings(double low, double high, double step) const {
  double sum = 0;
  for (const Edge& edge : edges_)
    sum += std::max(0.0, std::min(edge.v1, high) - std::max(edge.v0, low)) / step;
  return sum;
}

}  // namespace anatomynet::geometry
