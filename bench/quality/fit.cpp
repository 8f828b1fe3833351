#include "bench/quality/fit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "bench/quality/plant.h"
#include "quality/checks.h"

namespace anatomynet::quality {
namespace {

using Matrix = std::vector<std::vector<double>>;
constexpr std::size_t nodes = Surroundings::side * Surroundings::side * Surroundings::side;
constexpr std::size_t fewest = 6;   // contours from which anything is learnt
constexpr std::size_t enough = 20;  // contours from which halves and surroundings are

// Calls visit(case, organ's place, view) for whole organs, organs of the middle both ways.
template <class Visit>
void for_each_view(const std::vector<const FitCase*>& cases, bool partial, Visit visit) {
  for (const FitCase* c : cases)
    for (std::size_t i = 0; i < c->organs.size(); ++i) {
      if (c->whole[i].voxels == 0 || (c->partial[i] && !partial)) continue;
      visit(*c, i, view_of(c->whole, c->organs, i));
      if (c->organs[i].laterality == Laterality::none) visit(*c, i, view_of(c->whole, c->organs, i, true));
    }
}

struct Moments {
  double n = 0, mean = 0, squares = 0;
  void take(double value) {
    if (!std::isfinite(value)) return;
    const double before = value - mean;
    mean += before / ++n;
    squares += before * (value - mean);
  }
  double sd() const { return n > 1 ? std::sqrt(squares / (n - 1)) : 1; }
};

// Means of the surroundings, offsets, and the number of contours.
// `before`: an earlier round's, to which each scan's surroundings are moved first.
void learn_places(const std::vector<const FitCase*>& cases, const Reference& before, Reference& reference) {
  struct Sums {
    int contours = 0;
    std::vector<double> sum = std::vector<double>(nodes), count = std::vector<double>(nodes);
    std::map<std::string, std::array<Moments, 3>> offsets;
  };
  std::map<std::string, Sums> all;
  for_each_view(cases, false, [&](const FitCase& c, std::size_t i, const View& view) {
    Sums& s = all[view.organ];
    s.contours += c.organs[i].laterality != Laterality::none || view.self.centroid == c.whole[i].centroid;
    const OrganReference* known = reference_of(before, view.organ);
    const Surroundings around =
        known ? moved(view.self.around, fit_of(view.self.around, *known).nodes) : view.self.around;
    for (std::size_t node = 0; node < around.nodes.size(); ++node)
      if (!std::isnan(around.nodes[node])) {
        s.sum[node] += double(around.nodes[node]);
        ++s.count[node];
      }
    for (const auto& [name, other] : view.others)
      for (int k = 0; k < 3 && !is_open_ended(name) && !is_open_ended(view.organ); ++k)
        s.offsets[name][k].take(view.self.centroid[k] - other.centroid[k]);
  });
  for (auto& [name, s] : all) {
    if (s.contours < static_cast<int>(fewest)) continue;
    OrganReference& organ = reference.organs[name];
    organ.organ = name;
    organ.contours = s.contours;
    for (std::size_t node = 0; node < s.sum.size(); ++node)
      organ.around.nodes.push_back(s.count[node] < 3
                                       ? std::numeric_limits<float>::quiet_NaN()
                                       : std::round(100 * float(s.sum[node] / s.count[node])) / 100);
    for (auto& [other, moments] : s.offsets) {
      if (moments[0].n < double(fewest)) continue;
      for (int k = 0; k < 3; ++k) {
        const double sd = std::max(moments[k].sd(), 2.0);
        organ.offsets[other][k] = {moments[k].mean - sd, moments[k].mean, moments[k].mean + sd};
      }
    }
  }
}

// Solves a x = b for a symmetric positive definite matrix (Cholesky).
std::vector<double> solved(Matrix a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(std::max(sum, 1e-9)) : sum / a[j][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

// Feature vectors of whole organs and of halves, by direction.
struct Samples {
  std::vector<std::vector<double>> whole;
  std::array<std::vector<std::vector<double>>, directions> half;
};

std::map<std::string, Samples> samples_of(const std::vector<const FitCase*>& cases,
                                          const Reference& reference) {
  std::map<std::string, Samples> all;
  const auto take = [&](const std::vector<Measurement>& m, const OrganTable& organs, std::size_t i, int d) {
    for (const bool mirror : {false, true}) {
      if (mirror && organs[i].laterality != Laterality::none) continue;
      const View view = view_of(m, organs, i, mirror);
      const OrganReference* known = reference_of(reference, view.organ);
      if (known == nullptr) continue;
      const bool turned = mirror || organs[i].laterality == Laterality::right;
      const int seen = d >= 0 && d < 2 && turned ? 1 - d : d;
      auto& to = d < 0 ? all[view.organ].whole : all[view.organ].half[seen];
      to.push_back(features_of(view, *known, fit_of(view.self.around, *known)));
    }
  };
  for (const FitCase* c : cases)
    for (std::size_t i = 0; i < c->organs.size(); ++i) {
      if (c->whole[i].voxels == 0 || c->partial[i]) continue;
      take(c->whole, c->organs, i, -1);
      std::vector<Measurement> with = c->whole;
      for (int d = 0; d < directions; ++d)
        if (c->half[i][d].voxels > 0) {
          with[i] = c->half[i][d];
          take(with, c->organs, i, d);
        }
    }
  return all;
}

void add_scatter(const std::vector<std::vector<double>>& samples, std::vector<double>& mean,
                 Matrix& scatter) {
  const std::size_t n = scatter.size();
  mean.assign(n, 0);
  for (const auto& s : samples)
    for (std::size_t i = 0; i < n; ++i) mean[i] += s[i] / double(samples.size());
  for (const auto& s : samples)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) scatter[i][j] += (s[i] - mean[i]) * (s[j] - mean[j]);
}

// The direction that parts halves from whole organs best, in standard deviations of whole ones.
std::vector<double> discriminant(const std::vector<std::vector<double>>& whole,
                                 const std::vector<std::vector<double>>& half) {
  const std::size_t n = whole[0].size();
  Matrix scatter(n, std::vector<double>(n)), of_whole = scatter;
  std::vector<double> mean_whole, mean_half;
  add_scatter(whole, mean_whole, of_whole);
  scatter = of_whole;
  add_scatter(half, mean_half, scatter);
  const double count = double(whole.size() + half.size());
  const double shrink = double(n) / (double(n) + double(whole.size()));  // toward independent features
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) scatter[i][j] *= (i == j ? 1 : 1 - shrink) / count;
  for (std::size_t i = 0; i < n; ++i) scatter[i][i] += 0.05;
  std::vector<double> difference(n);
  for (std::size_t i = 0; i < n; ++i) difference[i] = mean_half[i] - mean_whole[i];
  std::vector<double> weights = solved(scatter, difference);
  Moments scores;
  for (const auto& s : whole) scores.take(dot(weights, s));
  for (double& w : weights) w /= std::max(scores.sd(), 1e-9);
  return weights;
}

void learn_halves(const std::vector<const FitCase*>& cases, Reference& reference) {
  for (auto& [name, samples] : samples_of(cases, reference)) {
    OrganReference& organ = reference.organs.at(name);
    const std::size_t n = feature_names().size();
    std::vector<Moments> moments(n);
    for (const auto& s : samples.whole)
      for (std::size_t i = 0; i < n; ++i) moments[i].take(s[i]);
    for (const Moments& m : moments) {
      organ.feature_mean.push_back(m.mean);
      organ.feature_sd.push_back(std::max(m.sd(), 1e-3));
    }
    for (auto& s : samples.whole) s = standardised(s, organ);
    for (int d = 0; d < directions; ++d) {
      for (auto& s : samples.half[d]) s = standardised(s, organ);
      if (organ.contours >= static_cast<int>(enough))
        organ.missing[d] = discriminant(samples.whole, samples.half[d]);
    }
  }
}

Reference learnt(const std::vector<const FitCase*>& cases) {
  Reference reference;
  for (int round = 0; round < 3; ++round) {
    const Reference before = std::exchange(reference, {});
    learn_places(cases, before, reference);
  }
  learn_halves(cases, reference);
  return reference;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * double(values.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (place - double(low)) * (values[high] - values[low]);
}

// Bounds around values of untouched contours: beyond all but one in two hundred, and further out for few.
Range range_of(const std::vector<double>& values, const Check& check) {
  const double few = values.size() < enough ? 4 : 2;  // a scan's contours resemble each other
  const double widen = check.slack * (1 + few / std::sqrt(double(values.size())));
  Range range;
  range.middle = quantile(values, 0.5);
  if (check.sides != Sides::high)
    range.low = range.middle - widen * (range.middle - quantile(values, 0.005)) - check.margin - 1e-6;
  if (check.sides != Sides::low)
    range.high = std::min(
        check.most, range.middle + widen * (quantile(values, 0.995) - range.middle) + check.margin + 1e-6);
  return range;
}

// Between whole organs and halves where they part; else where one whole organ in fifty is flagged.
Range range_between(const std::vector<double>& whole, const std::vector<double>& half) {
  const double low = quantile(whole, 0.98), high = quantile(half, 0.05);
  return {-1e9, quantile(whole, 0.5), std::max(low, low + 0.65 * (high - low))};
}

std::vector<View> found_views(const FitCase& c) {
  std::vector<View> views;
  for (std::size_t i = 0; i < c.organs.size(); ++i)
    if (c.whole[i].voxels > 0) views.push_back(view_of(c.whole, c.organs, i));
  return views;
}

// Clinicians contour a part of an organ where only that matters for the dose: organs whose volume is less
// than the middle of all by more than three (robust) standard deviations of its logarithm are no whole
// organs.
void mark_partial(std::vector<FitCase>& cases) {
  std::map<std::string, std::vector<double>> volumes;
  const auto for_each = [&](const auto& visit) {
    for (FitCase& c : cases)
      for (std::size_t i = 0; i < c.organs.size(); ++i)
        if (c.whole[i].voxels > 0) visit(view_of(c.whole, c.organs, i).organ, c, i);
  };
  for_each([&](const std::string& organ, FitCase& c, std::size_t i) {
    volumes[organ].push_back(std::log(c.whole[i].ml));
  });
  std::map<std::string, double> least;
  for (const auto& [organ, values] : volumes) {
    const double middle = quantile(values, 0.5), sd = (quantile(values, 0.84) - middle);
    least[organ] = middle - 3 * sd;
  }
  for_each([&](const std::string& organ, FitCase& c, std::size_t i) {
    c.partial[i] = std::log(c.whole[i].ml) < least[organ];
  });
}

// Where the contours end says nothing.
void forget_ends(OrganReference& organ) {
  for (const char* code : {"volume", "edge"}) organ.ranges.erase(code);
  for (int d = 4; d < directions; ++d) {
    organ.ranges.erase(half_missing(d));
    organ.missing[d].clear();
  }
}

}  // namespace

FitCase measured(const Case& c) {
  FitCase out{c.scan, c.organs, levels_of(c.ct), std::vector<bool>(c.organs.size()), {}, {}};
  out.whole = measure_organs(c.ct, c.labels, c.organs, out.levels);
  for (const Organ& organ : c.organs) {
    auto& halves = out.half.emplace_back();
    for (int d = 0; d < directions; ++d) {
      const Case half = erase_half(c, organ.id, d);
      halves[d] = measure_organs(half.ct, half.labels, {organ}, out.levels)[0];
    }
  }
  return out;
}

Reference fit_reference(std::vector<FitCase> cases) {
  mark_partial(cases);
  std::vector<const FitCase*> all;
  for (const FitCase& c : cases) all.push_back(&c);
  constexpr std::size_t parts = 10;
  // Scans with several contours first: those of rare organs get parts of their own.
  std::map<std::string, int> contours;
  for (const FitCase& c : cases) ++contours[c.scan];
  std::set<std::pair<int, std::string>> scans;
  for (const auto& [scan, count] : contours) scans.insert({-count, scan});
  std::map<std::string, std::size_t> part;
  for (const auto& [count, scan] : scans) part.emplace(scan, part.size() % parts);
  std::map<std::string, std::map<std::string, std::vector<double>>> of_organs;
  auto of_halves = of_organs;
  std::map<std::string, std::vector<double>> of_cases;
  for (std::size_t held = 0; held < parts; ++held) {
    std::vector<const FitCase*> teach, judge;
    for (const FitCase& c : cases) (part.at(c.scan) == held ? judge : teach).push_back(&c);
    const Reference reference = learnt(teach);
    for_each_view(judge, true, [&](const FitCase&, std::size_t, const View& view) {
      if (const OrganReference* known = reference_of(reference, view.organ))
        for (const auto& [code, value] : organ_values(view, *known))
          of_organs[view.organ][code].push_back(value);
    });
    for (auto& [name, samples] : samples_of(judge, reference))
      for (int d = 0; d < directions; ++d)
        for (const auto& features : samples.half[d]) {
          const OrganReference& known = reference.organs.at(name);
          of_halves[name][half_missing(d)].push_back(dot(known.missing[d], standardised(features, known)));
        }
    for (const FitCase* c : judge)
      for (const auto& [code, value] : case_values(found_views(*c), reference, c->levels))
        of_cases[code].push_back(value);
  }
  Reference reference = learnt(all);
  for (auto& [name, organ] : reference.organs) {
    if (organ.contours < static_cast<int>(enough)) organ.around = {};
    for (const Check& check : organ_checks()) {
      const std::vector<double>& values = of_organs[name][check.code];
      if (values.size() < fewest) continue;
      const std::vector<double>& halves = of_halves[name][check.code];
      organ.ranges[check.code] = halves.empty() ? range_of(values, check) : range_between(values, halves);
    }
    if (is_open_ended(name)) forget_ends(organ);
    // Sides are exchanged or they are not: nothing needs a narrow bound.
    const auto side = organ.ranges.find("side-of-twin");
    if (side != organ.ranges.end()) side->second.low = std::min(side->second.low, 0.4 * side->second.middle);
  }
  for (const Check& check : case_checks())
    if (of_cases[check.code].size() >= fewest)
      reference.ranges[check.code] = range_of(of_cases[check.code], check);
  return reference;
}

}  // namespace anatomynet::quality
