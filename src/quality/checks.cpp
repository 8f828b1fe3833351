#include "quality/checks.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::quality {

const std::vector<Check>& organ_checks() {
  static const std::vector<Check> checks{
      {"side-of-twin", Sides::low, 1.2, 2},    {"side", Sides::high, 1.2, 0.03},
      {"upside-down", Sides::high, 1.2, 0.03}, {"edge", Sides::high, 1, 2, 13},
      {"far-piece", Sides::high, 1.2, 5, 20},  {"pieces", Sides::high, 1.5, 3},
      {"mean-hu", Sides::both, 1.1, 25},       {"air", Sides::high, 2, 3},
      {"volume", Sides::both, 1.3, 0.1},       {"volume-ratio", Sides::both, 1.3, 0.1},
      {"place", Sides::high, 1.5, 0.3},        {"surroundings", Sides::low, 1.3, 0.03},
      {"half-missing +L", Sides::high},        {"half-missing -L", Sides::high},
      {"half-missing +P", Sides::high},        {"half-missing -P", Sides::high},
      {"half-missing +S", Sides::high},        {"half-missing -S", Sides::high}};
  return checks;
}

const std::vector<Check>& case_checks() {
  static const std::vector<Check> checks{{"orientation", Sides::high, 1.2, 0.03},
                                         {"sides", Sides::high, 1.2, 0.03},
                                         {"soft-tissue-hu", Sides::both, 1, 20},
                                         {"hu-shift", Sides::both, 1, 20}};
  return checks;
}

std::string half_missing(int direction) {
  static constexpr std::array<const char*, directions> names{"+L", "-L", "+P", "-P", "+S", "-S"};
  return std::string("half-missing ") + names[static_cast<std::size_t>(direction)];
}

std::map<std::string, double> organ_values(const View& view, const OrganReference& reference) {
  const Measurement& m = view.self;
  std::map<std::string, double> values{
      {"volume", std::log(m.ml)}, {"mean-hu", m.mean_hu}, {"air", m.air_percent},
      {"edge", m.edge_percent},   {"pieces", 0},          {"far-piece", 0}};
  for (const Piece& piece : m.pieces) {
    values["pieces"] += 100 * piece.ml / m.ml;
    values["far-piece"] = std::max(values["far-piece"], piece.gap_mm);
  }
  const std::string twin_name = other_side(view.organ);
  const auto twin = view.others.find(twin_name);
  if (twin_name != view.organ && twin != view.others.end()) {
    values["volume-ratio"] = std::log(m.ml / twin->second.ml);
    values["side-of-twin"] = m.centroid[0] - twin->second.centroid[0];
  }
  const Vec3 place = displacement(view, reference);
  if (std::isfinite(place[0]))
    values["place"] = std::max({std::abs(place[0]), std::abs(place[1]), std::abs(place[2])});
  const Fit fit = fit_of(m.around, reference);
  if (!reference.around.nodes.empty()) {
    values["surroundings"] = fit.likeness;
    values["upside-down"] = fit.upside_down - fit.likeness;
    if (twin_name != view.organ) values["side"] = fit.mirrored - fit.likeness;
  }
  const std::vector<double> features = standardised(features_of(view, reference, fit), reference);
  for (int d = 0; d < directions; ++d)
    if (!reference.missing[d].empty()) values[half_missing(d)] = dot(reference.missing[d], features);
  return values;
}

std::map<std::string, double> case_values(const std::vector<View>& views, const Reference& reference,
                                          const Levels& levels) {
  std::map<std::string, double> values{{"soft-tissue-hu", levels.soft_tissue_hu}};
  double turned = 0, mirrored = 0, off = 0, weight = 0;
  int organs = 0, sided = 0;
  for (const View& view : views) {
    const OrganReference* known = reference_of(reference, view.organ);
    if (known == nullptr || known->around.nodes.empty()) continue;
    const Turned fit = turned_of(view.self.around, *known);
    turned += fit.upside_down - fit.likeness;
    ++organs;
    if (known->feature_sd.size() == feature_names().size()) {
      const double precision = 1 / (known->feature_sd.back() * known->feature_sd.back());
      off += precision * (view.self.mean_hu - known->feature_mean.back());
      weight += precision;
    }
    if (other_side(view.organ) == view.organ) continue;
    mirrored += fit.mirrored - fit.likeness;
    ++sided;
  }
  if (weight > 0) values["hu-shift"] = off / weight;
  if (organs > 0) values["orientation"] = turned / organs;
  if (sided > 0) values["sides"] = mirrored / sided;
  return values;
}

}  // namespace anatomynet::quality
