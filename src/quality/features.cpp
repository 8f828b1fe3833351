#include "quality/features.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anatomynet::quality {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double median(std::vector<double> v) {
  if (v.empty()) return unknown;
  std::sort(v.begin(), v.end());
  return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

}  // namespace

Measurement mirrored(const Measurement& m) {
  Measurement out = m;
  out.centroid[0] = -m.centroid[0];
  std::swap(out.flat[0], out.flat[1]);
  std::swap(out.contrast[0], out.contrast[1]);
  out.around = mirrored(m.around, {true, false, false});
  for (Piece& piece : out.pieces) piece.centroid[0] = -piece.centroid[0];
  return out;
}

View view_of(const std::vector<Measurement>& all, const OrganTable& organs, std::size_t which, bool mirror) {
  mirror = mirror || organs[which].laterality == Laterality::right;
  const auto turned = [&](const Measurement& m) { return mirror ? mirrored(m) : m; };
  const auto named = [&](const std::string& name) { return mirror ? other_side(name) : name; };
  View view{named(organs[which].name), turned(all[which]), {}};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i != which && all[i].voxels > 0) {
      Measurement other = all[i];
      other.around = {};
      view.others.emplace(named(organs[i].name), turned(other));
    }
  return view;
}

Vec3 displacement(const View& view, const OrganReference& reference) {
  std::array<std::vector<double>, 3> all;
  for (const auto& [name, other] : view.others) {
    const auto found = reference.offsets.find(name);
    if (found == reference.offsets.end()) continue;
    for (int k = 0; k < 3; ++k)
      all[k].push_back((view.self.centroid[k] - other.centroid[k] - found->second[k].middle) /
                       (found->second[k].high - found->second[k].middle));
  }
  return {median(all[0]), median(all[1]), median(all[2])};
}

Turned turned_of(const Surroundings& around, const OrganReference& reference) {
  const Surroundings& expected = reference.around;
  Turned fit;
  fit.likeness = correlation(around, expected);
  fit.mirrored = correlation(mirrored(around, {true, false, false}), expected);
  fit.upside_down = -1;
  for (int flips = 2; flips < 8; ++flips)
    fit.upside_down = std::max(
        fit.upside_down,
        correlation(mirrored(around, {(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0}), expected));
  return fit;
}

Fit fit_of(const Surroundings& around, const OrganReference& reference) {
  const Surroundings& expected = reference.around;
  Fit fit{turned_of(around, reference)};
  // Along one axis after the other to the best whole node, then a parabola through it and its neighbours.
  constexpr int farthest = 4;
  std::array<int, 3> at{0, 0, 0};
  for (const int k : {2, 1, 0, 2, 1, 0}) {
    std::array<double, 2 * farthest + 1> found;
    for (int by = -farthest; by <= farthest; ++by) {
      std::array<int, 3> neighbour = at;
      neighbour[k] = by;
      found[by + farthest] = correlation(around, expected, neighbour);
    }
    const auto best = static_cast<int>(std::max_element(found.begin(), found.end()) - found.begin());
    at[k] = best - farthest;
    double part = 0;
    if (best > 0 && best < 2 * farthest) {
      const double bend = found[best - 1] - 2 * found[best] + found[best + 1];
      if (bend < -1e-9) part = (found[best - 1] - found[best + 1]) / (2 * bend);
    }
    fit.shift[k] = -(at[k] + part) * Surroundings::spacing_mm;
    fit.likeness_moved = found[best];
  }
  fit.nodes = at;
  return fit;
}

const std::vector<std::string>& feature_names() {
  static const std::vector<std::string> names{
      "log ml",        "log twin ratio", "log extent L", "log extent P", "log extent S", "twin extent L",
      "twin extent P", "twin extent S",  "flat +L",      "flat -L",      "flat +P",      "flat -P",
      "flat +S",       "flat -S",        "contrast +L",  "contrast -L",  "contrast +P",  "contrast -P",
      "contrast +S",   "contrast -S",    "place L",      "place P",      "place S",      "shift L",
      "shift P",       "shift S",        "likeness",     "mean HU"};
  return names;
}

std::vector<double> features_of(const View& view, const OrganReference& reference, const Fit& fit) {
  const Measurement& m = view.self;
  const auto twin = view.others.find(other_side(view.organ));
  const bool paired = twin != view.others.end() && twin->first != view.organ;
  std::vector<double> f{std::log(m.ml), paired ? std::log(m.ml / twin->second.ml) : unknown};
  for (int k = 0; k < 3; ++k) f.push_back(std::log(m.extent[k]));
  for (int k = 0; k < 3; ++k) f.push_back(paired ? std::log(m.extent[k] / twin->second.extent[k]) : unknown);
  f.insert(f.end(), m.flat.begin(), m.flat.end());
  f.insert(f.end(), m.contrast.begin(), m.contrast.end());
  const Vec3 place = displacement(view, reference);
  f.insert(f.end(), place.begin(), place.end());
  f.insert(f.end(), fit.shift.begin(), fit.shift.end());
  f.push_back(fit.likeness_moved);
  f.push_back(m.mean_hu);
  return f;
}

std::vector<double> standardised(std::vector<double> features, const OrganReference& reference) {
  for (std::size_t i = 0; i < features.size(); ++i)
    features[i] =
        std::isfinite(features[i])
            ? std::clamp((features[i] - reference.feature_mean[i]) / reference.feature_sd[i], -8.0, 8.0)
            : 0;
  return features;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace anatomynet::quality
