#include <algorithm>
#include <cmath>

#include "geometry/contours.h"
#include "geometry/thin.h"

namespace anatomynet::geometry {
namespace {

using Point = std::array<double, 2>;

constexpr double largest_move = 0.4;  // voxels that a point may move: 0.1 from the centres on both sides
constexpr int rounds = 12;            // fewer leave steps, more round off what is small

enum class Moves : char { along_x, along_y, not_at_all };

bool is_integer(double v) { return v == std::floor(v); }

// Points of trace_contours lie between two voxel centres; those of a channel lie elsewhere.
Moves moves_of(const Point& p) {
  if (is_integer(p[1]) && is_integer(p[0] - 0.5)) return Moves::along_x;
  if (is_integer(p[0]) && is_integer(p[1] - 0.5)) return Moves::along_y;
  return Moves::not_at_all;
}

class Smoother {
 public:
  explicit Smoother(std::vector<Point>& points) : at_(points), start_(points), n_(points.size()) {
    for (const Point& p : at_) moves_.push_back(moves_of(p));
    // A channel opens into the outline within a voxel: nothing moves there.
    const std::vector<Moves> found = moves_;
    for (std::size_t i = 0; i < n_; ++i)
      if (found[i] == Moves::not_at_all)
        for (const std::size_t k : {n_ - 2, n_ - 1, n_ + 1, n_ + 2}) moves_[(i + k) % n_] = Moves::not_at_all;
  }

  void run() {
    if (std::all_of(moves_.begin(), moves_.end(), [](Moves m) { return m == Moves::not_at_all; })) return;
    const bool channels = std::find(moves_.begin(), moves_.end(), Moves::not_at_all) != moves_.end();
    // The traced outline cuts the voxels' corners, of which there are four more outer than inner ones.
    const double traced = area(), wanted = channels ? traced : traced + (traced > 0 ? 0.5 : -0.5);
    for (int i = 0; i < rounds; ++i) {
      pull();
      grow((wanted - area()) / length());
    }
    for (int i = 0; i < 3; ++i) grow((wanted - area()) / length());
  }

  std::vector<char> fixed() const {
    std::vector<char> out;
    for (const Moves m : moves_) out.push_back(m == Moves::not_at_all);
    return out;
  }

 private:
  const Point& before(std::size_t i) const { return at_[(i + n_ - 1) % n_]; }
  const Point& after(std::size_t i) const { return at_[(i + 1) % n_]; }

  void shift(std::size_t i, double by) {
    const int axis = moves_[i] == Moves::along_x ? 0 : 1;
    at_[i][axis] =
        std::clamp(at_[i][axis] + by, start_[i][axis] - largest_move, start_[i][axis] + largest_move);
  }

  // Half-way to the mean of its neighbours, the nearer one counting more.
  void pull() {
    std::vector<double> by(n_, 0);
    for (std::size_t i = 0; i < n_; ++i) {
      if (moves_[i] == Moves::not_at_all) continue;
      const int axis = moves_[i] == Moves::along_x ? 0 : 1;
      const Point &a = before(i), &b = after(i);
      const double near_a = 1 / std::hypot(a[0] - at_[i][0], a[1] - at_[i][1]);
      const double near_b = 1 / std::hypot(b[0] - at_[i][0], b[1] - at_[i][1]);
      by[i] = 0.5 * ((near_a * a[axis] + near_b * b[axis]) / (near_a + near_b) - at_[i][axis]);
    }
    for (std::size_t i = 0; i < n_; ++i)
      if (moves_[i] != Moves::not_at_all) shift(i, by[i]);
  }

  // Away from the inside, which is on the right hand.
  void grow(double by) {
    std::vector<double> out(n_, 0);
    for (std::size_t i = 0; i < n_; ++i) {
      const double tx = after(i)[0] - before(i)[0], ty = after(i)[1] - before(i)[1];
      const double norm = std::max(std::hypot(tx, ty), 1e-9);
      out[i] = (moves_[i] == Moves::along_x ? ty : -tx) / norm * by;
    }
    for (std::size_t i = 0; i < n_; ++i)
      if (moves_[i] != Moves::not_at_all) shift(i, out[i]);
  }

  double area() const {
    double sum = 0;
    for (std::size_t i = 0; i < n_; ++i) sum += at_[i][0] * after(i)[1] - after(i)[0] * at_[i][1];
    return sum / 2;
  }
  double length() const {
    double sum = 0;
    for (std::size_t i = 0; i < n_; ++i) sum += std::hypot(after(i)[0] - at_[i][0], after(i)[1] - at_[i][1]);
    return sum;
  }

  std::vector<Point>& at_;
  const std::vector<Point> start_;
  const std::size_t n_;
  std::vector<Moves> moves_;
};

// Keeps what is fixed, and two far points where nothing is.
void thin_loop(std::vector<Point>& points, std::vector<char> keep, const Grid& grid, double tolerance_mm) {
  std::vector<Point> mm;
  for (const Point& p : points) mm.push_back({p[0] * grid.spacing[0], p[1] * grid.spacing[1]});
  const auto lowest =
      std::max_element(mm.begin(), mm.end(), [](const Point& a, const Point& b) { return a[1] < b[1]; });
  keep[0] = keep[static_cast<std::size_t>(lowest - mm.begin())] = 1;
  const std::vector<char> anchors = keep;
  std::size_t last = 0;
  for (std::size_t i = 1; i <= mm.size(); ++i)
    if (i == mm.size() || anchors[i]) {
      thin(mm, last, i, tolerance_mm, keep);
      last = i;
    }
  if (std::count(keep.begin(), keep.end(), 1) < 3) return;
  std::vector<Point> kept;
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i]) kept.push_back(points[i]);
  points = std::move(kept);
}

}  // namespace

void smooth(std::vector<SliceContour>& contours, const Grid& grid, double tolerance_mm) {
  constexpr double most = 0.05;  // voxels; half of what keeps points from the centres
  const double tolerance = std::min(tolerance_mm, most * std::min(grid.spacing[0], grid.spacing[1]));
  for (SliceContour& contour : contours) {
    if (contour.points.size() < 4) continue;
    Smoother smoother(contour.points);
    smoother.run();
    if (tolerance > 0) thin_loop(contour.points, smoother.fixed(), grid, tolerance);
  }
}

}  // namespace anatomynet::geometry
