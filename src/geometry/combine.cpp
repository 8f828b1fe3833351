#include "geometry/combine.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "geometry/edge_sweep.h"

namespace anatomynet::geometry {
namespace {

constexpr int lines = 128;
// Bounds the comparisons of one ROI: some seconds. Clinical ones stay a hundred times below.
constexpr double most_work = 1e8;

struct Outline {
  EdgeSweep sweep;
  double low_u = INFINITY, high_u = -INFINITY, low_v = INFINITY, high_v = -INFINITY;
  double length = 0, area = 0;

  explicit Outline(const PlanePolygon& polygon) {
    const auto& p = polygon.points;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const auto &a = p[i], &b = p[(i + 1) % p.size()];
      length += std::hypot(b[0] - a[0], b[1] - a[1]);
      low_u = std::min(low_u, a[0]), high_u = std::max(high_u, a[0]);
      low_v = std::min(low_v, a[1]), high_v = std::max(high_v, a[1]);
    }
    sweep.add(p);
    sweep.sort();
    const double step = (high_v - low_v) / lines;
    for (int k = 0; k < lines; ++k) {
      const auto& u = sweep.at(low_v + (k + 0.5) * step);
      for (std::size_t i = 0; i + 1 < u.size(); i += 2) area += (u[i + 1] - u[i]) * step;
    }
  }
};

double common_length(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i + 1 < a.size() && j + 1 < b.size();) {
    sum += std::max(0.0, std::min(a[i + 1], b[j + 1]) - std::max(a[i], b[j]));
    a[i + 1] < b[j + 1] ? i += 2 : j += 2;
  }
  return sum;
}

double common_area(Outline& a, Outline& b) {
  const double low = std::max(a.low_v, b.low_v), step = (std::min(a.high_v, b.high_v) - low) / lines;
  double sum = 0;
  for (int k = 0; k < lines; ++k) {
    const double v = low + (k + 0.5) * step;
    sum += common_length(a.sweep.at(v), b.sweep.at(v)) * step;
  }
  return sum;
}

enum class Relation { apart, nested, twice, overlapping };

Relation relation(Outline& a, Outline& b, double rim_mm) {
  const double common = common_area(a, b), smaller = std::min(a.area, b.area);
  if (common <= 0.001 * smaller) return Relation::apart;
  const double differing = a.area + b.area - 2 * common;
  if (differing <= smaller / 4 && differing <= rim_mm * std::min(a.length, b.length)) return Relation::twice;
  return smaller - common <= 0.02 * smaller ? Relation::nested : Relation::overlapping;
}

// Pairs whose boxes overlap; none where looking at them all would take too long.
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
bool near_pairs(const std::vector<PlanePolygon>& polygons, Pairs& pairs, double& work) {
  struct Box {
    double low_u = INFINITY, high_u = -INFINITY, low_v = INFINITY, high_v = -INFINITY;
    std::size_t polygon = 0;
    double work = 0;  ///< of a comparison: edges, and crossings on all lines
  };
  std::vector<Box> boxes(polygons.size());
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    Box& box = boxes[i];
    box.polygon = i;
    const auto& p = polygons[i].points;
    double climb = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
      box.low_u = std::min(box.low_u, p[k][0]), box.high_u = std::max(box.high_u, p[k][0]);
      box.low_v = std::min(box.low_v, p[k][1]), box.high_v = std::max(box.high_v, p[k][1]);
      climb += std::abs(p[k][1] - p[k + 1 < p.size() ? k + 1 : 0][1]);
    }
    const double height = box.high_v - box.low_v;
    box.work = double(p.size()) + 2 * lines * (1 + (height > 0 ? climb / height : 0));
  }
  std::sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.low_u < b.low_u; });
  for (std::size_t i = 0; i < boxes.size(); ++i)
    for (std::size_t j = i + 1; j < boxes.size() && boxes[j].low_u < boxes[i].high_u; ++j) {
      if (++work > most_work) return false;
      if (boxes[j].low_v >= boxes[i].high_v || boxes[i].low_v >= boxes[j].high_v) continue;
      const std::size_t a = boxes[i].polygon, b = boxes[j].polygon;
      work += boxes[i].work + boxes[j].work;
      if (work > most_work) return false;
      pairs.emplace_back(std::min(a, b), std::max(a, b));
    }
  return true;
}

void drop_exact_repeats(std::vector<PlanePolygon>& polygons, Combined& done) {
  std::sort(polygons.begin(), polygons.end(), [](const PlanePolygon& a, const PlanePolygon& b) {
    return a.points != b.points ? a.points < b.points : a.exclusive_or < b.exclusive_or;
  });
  const auto last = std::unique(polygons.begin(), polygons.end(),
                                [](const auto& a, const auto& b) { return a.points == b.points; });
  done.repeats += static_cast<std::size_t>(polygons.end() - last);
  polygons.erase(last, polygons.end());
}

class Groups {
 public:
  explicit Groups(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
  std::size_t of(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[std::max(of(a), of(b))] = std::min(of(a), of(b)); }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

void Combined::say(std::vector<std::string>& warnings) const {
  if (repeats > 0)
    warnings.push_back(contour_count(repeats) + " drawn twice on the same slice; each counted once");
  if (united > 0)
    warnings.push_back(contour_count(united) + (united == 1 ? " overlaps" : " overlap") +
                       " others in part, on " + std::to_string(united_planes) +
                       (united_planes == 1 ? " slice" : " slices") + "; united");
  if (uncompared > 0)
    warnings.push_back(contour_count(uncompared) +
                       " on slices with too many of them to look for repeats and overlaps; combined by the "
                       "even-odd rule");
}

void combine(ContourPlane& plane, double rim_mm, Combined& done) {
  std::vector<PlanePolygon>& polygons = plane.polygons;
  if (polygons.size() < 2) return;
  drop_exact_repeats(polygons, done);
  Pairs pairs;
  if (!near_pairs(polygons, pairs, done.work)) {
    done.uncompared += polygons.size();
    return;
  }
  std::map<std::size_t, Outline> outlines;
  const auto outline = [&](std::size_t i) -> Outline& {
    return outlines.try_emplace(i, polygons[i]).first->second;
  };
  Groups groups(polygons.size());
  std::vector<char> repeats(polygons.size()), overlaps(polygons.size());
  for (const auto& [a, b] : pairs) {
    const Relation found = relation(outline(a), outline(b), rim_mm);
    if (found == Relation::twice) {
      repeats[b] = 1;
      groups.join(a, b);
    } else if (found == Relation::overlapping && !polygons[a].exclusive_or && !polygons[b].exclusive_or) {
      overlaps[a] = overlaps[b] = 1;
      groups.join(a, b);
    }
  }
  std::vector<std::size_t> members(polygons.size());
  for (std::size_t i = 0; i < polygons.size(); ++i) ++members[groups.of(i)];
  for (std::size_t i = 0; i < polygons.size(); ++i)
    if (members[groups.of(i)] > 1) {
      polygons[i].group = static_cast<int>(groups.of(i));
      polygons[i].repeat = repeats[i] != 0;
    }
  const auto count = [](const std::vector<char>& marks) {
    return static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
  };
  done.repeats += count(repeats);
  done.united += count(overlaps);
  done.united_planes += count(overlaps) > 0;
}

}  // namespace anatomynet::geometry
