#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/parallel_for.h"
#include "quality/checks.h"
#include "quality/handedness.h"
#include "quality/quality.h"

namespace anatomynet::quality {
namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[200];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

// 1 in the middle of what is usual, 0.5 at its bound.
double score_of(double deviation) {
  return deviation <= 1 ? 1 - 0.5 * deviation * deviation : 0.5 / (deviation * deviation);
}

std::string between(const char* unit, double value, const Range& range, const char* number = "%.1f") {
  const auto text = [&](double v) { return format(number, v); };
  const std::string usual = range.low > -1e8 && range.high < 1e8 ? text(range.low) + " to " + text(range.high)
                            : range.high < 1e8                   ? "up to " + text(range.high)
                                                                 : "at least " + text(range.low);
  return text(value) + unit + "; expert contours: " + usual + unit;
}

std::string half_text(const std::string& code, bool mirrored) {
  const std::map<char, const char*> sides{{'L', mirrored ? "right" : "left"}, {'P', "back"}, {'S', "upper"}};
  const std::map<char, const char*> opposite{
      {'L', mirrored ? "left" : "right"}, {'P', "front"}, {'S', "lower"}};
  return std::string("its ") + (code[code.size() - 2] == '+' ? sides : opposite).at(code.back()) +
         " part seems to be missing (shape, size and place together)";
}

// One line for people.
std::string text_of(const std::string& code, double value, const Range& range, bool mirrored) {
  const Range unlog{std::exp(range.low), std::exp(range.middle), std::exp(range.high)};
  if (code == "volume") return between(" ml", std::exp(value), unlog);
  if (code == "volume-ratio")
    return "volume over the other side's " + between("", std::exp(value), unlog, "%.2f");
  if (code == "mean-hu") return "mean " + between(" HU", value, range, "%.0f");
  if (code == "air") return "air " + between("% of its voxels", value, range);
  if (code == "edge") return "at the edge of the field of view " + between("% of its surface", value, range);
  if (code == "far-piece") return "a piece apart from the largest " + between(" mm", value, range);
  if (code == "pieces") return "beside its largest piece " + between("% of the volume", value, range);
  if (code == "place")
    return "place among the other organs off by " + between(" standard deviations", value, range);
  if (code == "surroundings")
    return "the CT around it fits badly: " + between(" correlation", value, range, "%.2f");
  if (code == "upside-down") return "the CT around it fits better turned or upside-down";
  if (code == "side") return "the CT around it fits the other side of the body better";
  if (code == "side-of-twin") return "lies on the wrong side of the same organ of the other side";
  if (code.starts_with("half-missing")) return half_text(code, mirrored);
  if (code == "orientation") return "the CT around the organs fits better turned or upside-down";
  if (code == "sides") return "the CT around the organs fits better with left and right exchanged";
  if (code == "hu-shift") return "the organs' mean HU are off by " + between(" HU", value, range, "%.0f");
  if (code == "soft-tissue-hu") return "soft tissue at " + between(" HU", value, range, "%.0f");
  return between("", value, range);
}

// Flags what deviates, worst first, and returns the score.
double judge(const std::map<std::string, double>& values, const std::map<std::string, Range>& ranges,
             bool mirrored, std::vector<Flag>& flags) {
  std::vector<std::pair<double, Flag>> found;
  double worst = 0;
  for (const auto& [code, value] : values) {
    const auto range = ranges.find(code);
    if (range == ranges.end()) continue;
    const bool harmless = (value < range->second.middle && range->second.low < -1e8) ||
                          (value > range->second.middle && range->second.high > 1e8);
    const double deviation = harmless ? 0 : range->second.deviation(value);
    worst = std::max(worst, deviation);
    if (deviation > 1) {
      const std::string plain = code.substr(0, code.find(' '));
      found.push_back({deviation, {plain, text_of(code, value, range->second, mirrored)}});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.first > b.first; });
  for (auto& entry : found)
    if (std::none_of(flags.begin(), flags.end(), [&](auto& f) { return f.code == entry.second.code; }))
      flags.push_back(std::move(entry.second));
  return score_of(worst);
}

OrganQuality figures_of(const Organ& organ, const Measurement& m) {
  OrganQuality q{organ.id, organ.name, m.voxels};
  q.ml = m.ml;
  q.centroid = m.centroid;
  q.extent = m.extent;
  q.mean_hu = m.mean_hu;
  q.edge_percent = m.edge_percent;
  q.piece_count = m.voxels > 0 ? static_cast<std::int64_t>(m.pieces.size()) + 1 : 0;
  q.pieces.assign(m.pieces.begin(), m.pieces.begin() + std::min<std::ptrdiff_t>(10, std::ssize(m.pieces)));
  return q;
}

// Where an organ that was not found should lie, judged by those that were; false where nothing tells.
bool expected_place(const std::vector<Measurement>& measured, const OrganTable& organs, std::size_t which,
                    const Reference& reference, Vec3& place) {
  Vec3 sum{};
  int known = 0;
  for (std::size_t i = 0; i < organs.size(); ++i) {
    const OrganReference* from = measured[i].voxels > 0 ? reference_of(reference, organs[i].name) : nullptr;
    if (from == nullptr) continue;
    const bool mirror = organs[i].laterality == Laterality::right;
    const auto offset = from->offsets.find(mirror ? other_side(organs[which].name) : organs[which].name);
    if (offset == from->offsets.end()) continue;
    ++known;
    for (int k = 0; k < 3; ++k)
      sum[k] += measured[i].centroid[k] - (mirror && k == 0 ? -1 : 1) * offset->second[k].middle;
  }
  for (int k = 0; k < 3 && known > 0; ++k) place[k] = sum[k] / known;
  return known > 0;
}

Flag absent(const std::vector<Measurement>& measured, const OrganTable& organs, std::size_t which,
            const Reference& reference, const Grid& grid) {
  Vec3 place{};
  if (!expected_place(measured, organs, which, reference, place)) return {"missing", "not found"};
  const Vec3 index = grid.to_index(place);
  bool inside = true;
  for (int k = 0; k < 3; ++k) inside = inside && index[k] >= 0 && index[k] <= double(grid.size[k] - 1);
  if (inside) return {"missing", "not found, though its place is in the field of view"};
  return {"out-of-field", "not found; its place is outside the field of view"};
}

double handedness_of(const CtView& ct, const OrganTable& organs, const std::vector<Measurement>& measured) {
  const Measurement *left = nullptr, *right = nullptr;
  for (std::size_t i = 0; i < organs.size(); ++i) {
    if (measured[i].voxels == 0) continue;
    if (organs[i].name == "Parotid_L") left = &measured[i];
    if (organs[i].name == "Parotid_R") right = &measured[i];
  }
  if (!left || !right) return std::numeric_limits<double>::quiet_NaN();
  Vec3 middle{};
  for (int k = 0; k < 3; ++k) middle[k] = (left->centroid[k] + right->centroid[k]) / 2;
  return handedness(ct, middle);
}

// Whether the organ has a voxel within `near_mm` of a place, along each axis.
bool lies_beside(const LabelVolume& labels, int id, const Vec3& world) {
  constexpr double near_mm = 3;
  const Vec3 index = labels.grid.to_index(world);
  Size3 low{}, end{};
  for (std::size_t k = 0; k < 3; ++k) {
    const double around = std::max(1.0, near_mm / labels.grid.spacing[k]);
    low[k] = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(index[k] - around)));
    end[k] = std::min(labels.grid.size[k], static_cast<std::int64_t>(std::floor(index[k] + around)) + 1);
  }
  for (std::int64_t z = low[2]; z < end[2]; ++z)
    for (std::int64_t y = low[1]; y < end[1]; ++y)
      for (std::int64_t x = low[0]; x < end[0]; ++x)
        if (labels.at(x, y, z) == id) return true;
  return false;
}

}  // namespace

bool QualityReport::plausible() const {
  return flags.empty() && std::all_of(organs.begin(), organs.end(), [](auto& o) { return o.flags.empty(); });
}

void QualityReport::keep(const OrganTable& kept) {
  std::erase_if(organs, [&](const OrganQuality& q) { return find_organ(kept, q.id) == nullptr; });
  score = case_score;
  for (const OrganQuality& q : organs) score = std::min(score, q.score);
}

QualityReport assess(const CtView& ct, const LabelVolume& labels, const OrganTable& organs,
                     const Confidence& confidence, const Reference& reference, const UnevenSlices* uneven) {
  if (!same_grid(ct.grid, labels.grid, 0.01))
    throw Error(ErrorKind::input, "the CT is " + describe(ct.grid) + ", the labels are " +
                                      describe(labels.grid) + "; expected the same grid");
  const Levels levels = levels_of(ct);
  std::vector<Measurement> measured = measure_organs(ct, labels, organs, levels);
  if (uneven) {
    const std::vector<double> ml = uneven->volumes_ml(labels);
    for (Measurement& m : measured) m.ml = ml[static_cast<std::size_t>(m.id)];
  }
  QualityReport report;
  report.soft_tissue_hu = levels.soft_tissue_hu;
  parallel_for({[&] { report.image = image_figures(ct, levels.soft_tissue_hu); },
                [&] { report.handedness = handedness_of(ct, organs, measured); }},
               0);
  std::vector<View> views;
  for (std::size_t i = 0; i < organs.size(); ++i) {
    OrganQuality& q = report.organs.emplace_back(figures_of(organs[i], measured[i]));
    for (const OrganConfidence& c : confidence)
      if (c.id == organs[i].id) q.confidence = c;
    if (q.confidence)
      std::erase_if(q.confidence->unsure,
                    [&](const UnsurePlace& place) { return !lies_beside(labels, q.id, place.world); });
    if (q.voxels == 0) {
      q.score = 0;
      q.flags.push_back(absent(measured, organs, i, reference, ct.grid));
      continue;
    }
    const View& view = views.emplace_back(view_of(measured, organs, i));
    const Organ* twin = opposite_side(organs, organs[i]);
    for (std::size_t j = 0; twin && j < organs.size(); ++j)
      if (organs[j].id == twin->id && measured[j].voxels > 0) q.twin_ratio = q.ml / measured[j].ml;
    const OrganReference* known = reference_of(reference, organs[i].name);
    if (known != nullptr)
      q.score = judge(organ_values(view, *known), known->ranges, organs[i].laterality == Laterality::right,
                      q.flags);
  }
  report.case_score = judge(case_values(views, reference, levels), reference.ranges, false, report.flags);
  if (views.empty() && !organs.empty()) {
    report.flags.push_back(
        {"out-of-field", "none of the organs was found; is the head in the field of view?"});
    report.case_score = 0;
  }
  report.keep(organs);
  return report;
}

}  // namespace anatomynet::quality
