#include "adaptation/calibration.h"

#include <algorithm>
#include <cmath>

#include "training/run/validation.h"

namespace anatomynet::adaptation {
namespace {

constexpr double fewest_voxels = 10;  // of a contour that says something
constexpr std::size_t fewest_ends = 3;
constexpr double least_gain = 0.002;  // of a curve, on scans that it was not found on

std::string without_side(const std::string& organ) {
  return organ.ends_with("_L") || organ.ends_with("_R") ? organ.substr(0, organ.size() - 2) : organ;
}

std::vector<SliceCounts> slices_of(const LabelVolume& truth, int truth_class, const LabelVolume& found,
                                   int found_class) {
  std::vector<SliceCounts> slices(static_cast<std::size_t>(truth.grid.size[2]));
  const std::int64_t plane = truth.grid.size[0] * truth.grid.size[1];
  for (std::int64_t i = 0; i < truth.grid.voxel_count(); ++i) {
    const auto v = static_cast<std::size_t>(i);
    SliceCounts& slice = slices[static_cast<std::size_t>(i / plane)];
    const bool is = truth.voxels[v] == truth_class, drawn = found.voxels[v] == found_class;
    slice.truth += is;
    slice.found += drawn;
    slice.both += is && drawn;
  }
  if (nearest_orientation(truth.grid).flipped[2]) std::reverse(slices.begin(), slices.end());
  return slices;
}

// First and last slice with voxels that `count` counts; none: first > last.
template <class Count>
std::pair<std::int64_t, std::int64_t> extent(const std::vector<SliceCounts>& slices, const Count& count) {
  std::int64_t first = 0, last = std::ssize(slices) - 1;
  while (first <= last && count(slices[static_cast<std::size_t>(first)]) == 0) ++first;
  while (last > first && count(slices[static_cast<std::size_t>(last)]) == 0) --last;
  return {first, last};
}

std::pair<std::int64_t, std::int64_t> found_in(const std::vector<SliceCounts>& slices) {
  return extent(slices, [](const SliceCounts& s) { return s.found; });
}

// By how many mm the contour goes on beyond the local one.
struct Excess {
  std::vector<double> upper, lower;
};

void add_excess(const OrganSample& sample, Excess& out) {
  const auto [first, last] = found_in(sample.slices);
  const auto truth = extent(sample.slices, [](const SliceCounts& s) { return s.truth; });
  if (first > last || truth.first > truth.second) return;
  if (last + 1 < std::ssize(sample.slices)) out.upper.push_back(double(last - truth.second) * sample.spacing);
  if (first > 0) out.lower.push_back(double(truth.first - first) * sample.spacing);
}

double cut_of(std::vector<double> excess) {
  if (excess.size() < fewest_ends) return 0;
  std::sort(excess.begin(), excess.end());
  return std::clamp(training::median_of(std::move(excess)), 0.0, model::most_end_mm);
}

double mean_dice(const std::vector<const OrganSample*>& samples, double upper_mm, double lower_mm) {
  double sum = 0;
  for (const OrganSample* s : samples) sum += dice_with_ends(*s, upper_mm, lower_mm);
  return sum / double(samples.size());
}

// The ends with the highest mean Dice; of equal ones those that cut less.
model::OrganEnds fitted_ends(const std::vector<const OrganSample*>& samples) {
  Excess excess;
  for (const OrganSample* s : samples) add_excess(*s, excess);
  const double upper = cut_of(excess.upper), lower = cut_of(excess.lower);
  model::OrganEnds best;
  double most = mean_dice(samples, 0, 0);
  for (const auto& [u, l] : {std::pair{upper, 0.0}, std::pair{0.0, lower}, std::pair{upper, lower}})
    if (const double dice = mean_dice(samples, u, l); dice > most) {
      most = dice;
      best.upper_mm = u;
      best.lower_mm = l;
    }
  return best;
}

std::optional<HuCurve> curve_that_gains(const std::vector<model::DoubtfulVoxels>& voxels) {
  const model::HuCurveFit fit = model::cross_validated_hu_curve(voxels);
  return fit.after >= fit.before + least_gain ? std::optional(fit.curve) : std::nullopt;
}

// Whether the first network's contour stayed.
bool stayed(const CaseContours& contours, int id) {
  return std::any_of(contours.redrawn.begin(), contours.redrawn.end(),
                     [&](const inference::Redrawn& r) { return r.id == id && r.kept; });
}

// Where the weights hold the HU curve of an organ's contour: with its second network, where it has one.
HuCurve& curve_in(model::ModelInfo& info, const std::string& organ, const std::string& source) {
  for (model::Refinement& r : info.refinements)
    for (model::Refinement::Seen& seen : r.organs)
      if (seen.organ == organ) {
        if (r.source.find(source) == std::string::npos) r.source += "; HU curves: " + source;
        return seen.curve;
      }
  for (model::OrganHuCurve& c : info.hu_curves)
    if (c.organ == organ) {
      c.source = source;
      return c.curve;
    }
  info.hu_curves.push_back({organ, {}, source});
  return info.hu_curves.back().curve;
}

}  // namespace

double dice_with_ends(const OrganSample& sample, double upper_mm, double lower_mm) {
  auto [first, last] = found_in(sample.slices);
  std::int64_t truth = 0, whole = 0, found = 0, both = 0;
  for (const SliceCounts& s : sample.slices) {
    truth += s.truth;
    whole += s.found;
  }
  const auto within = [&](std::int64_t from, std::int64_t to) {
    found = both = 0;
    for (std::int64_t i = from; i <= to; ++i) {
      found += sample.slices[static_cast<std::size_t>(i)].found;
      both += sample.slices[static_cast<std::size_t>(i)].both;
    }
  };
  const auto slices = [&](double mm) {
    return static_cast<std::int64_t>(std::ceil(mm / sample.spacing - 0.5));
  };
  std::int64_t from = first, to = last;
  if (last + 1 < std::ssize(sample.slices)) to = std::max(from, to - slices(upper_mm));
  if (first > 0) from = std::min(to, from + slices(lower_mm));
  within(from, to);
  if (2 * found < whole) within(first, last);
  return truth + found > 0 ? 2 * double(both) / double(truth + found) : 1;
}

CaseSample sample_case(const training::TrainingCase& c, const CtVolume& ct, const OrganTable& table,
                       std::span<const float> logits, const Contourer& with,
                       const std::vector<std::string>& organs, const std::string& scan) {
  const HuScores hu(ct, Orientation{}, model::curves_of_channels(with.hu_curves, with.organs));
  const model::LogitRows rows(logits, c.grid, c.truth.grid, std::ssize(with.organs) + 1);
  std::vector<model::SampledOrgan> sampled;
  std::vector<std::string> names;
  for (const std::string& organ : organs) {
    const auto channel = class_in(with.organs, organ), truth = class_in(table, organ);
    if (!channel || !truth || !is_annotated(c, *truth)) continue;
    sampled.push_back({*channel, *truth, is_partial(c, *truth)});
    names.push_back(organ);
  }
  const CaseContours contours = contours_of(c, ct, logits, with);
  std::vector<inference::OrganMargins> seen;
  if (with.refiner) seen = with.refiner->look(ct, nullptr, contours.first);
  const auto sample = [&] {
    auto found = model::sample_doubtful(rows, hu, c.truth, sampled, &contours.uncut);
    for (std::size_t i = 0; i < sampled.size(); ++i)
      for (const inference::OrganMargins& s : seen)
        if (s.id == sampled[i].channel && !stayed(contours, s.id))
          found[i] = model::sample_doubtful(s.margins, s.box, hu, contours.uncut, c.truth, sampled[i]);
    return found;
  };
  std::vector<model::DoubtfulVoxels> doubtful = sample();
  const std::vector<model::SampledOrgan> as_annotated = sampled;
  for (model::SampledOrgan& organ : sampled) organ.partial = true;
  std::vector<model::DoubtfulVoxels> between = sample();
  CaseSample out;
  for (std::size_t i = 0; i < sampled.size(); ++i) {
    if (doubtful[i].voxels < fewest_voxels) continue;
    doubtful[i].scan = between[i].scan = scan;
    OrganSample one{std::move(doubtful[i]), std::move(between[i]), {}, c.truth.grid.spacing[2]};
    if (!as_annotated[i].partial)
      one.slices = slices_of(c.truth, sampled[i].id, contours.uncut, static_cast<int>(sampled[i].channel));
    out.emplace(names[i], std::move(one));
  }
  return out;
}

Calibration fit_calibration(const std::vector<const CaseSample*>& cases) {
  std::map<std::string, std::vector<std::pair<std::string, const OrganSample*>>> by_organ;
  for (const CaseSample* c : cases)
    for (const auto& [organ, sample] : *c) by_organ[without_side(organ)].push_back({organ, &sample});
  Calibration found;
  for (const auto& [both_sides, samples] : by_organ) {
    std::vector<model::DoubtfulVoxels> doubtful, between;
    std::vector<const OrganSample*> with_ends;
    for (const auto& [organ, sample] : samples) {
      doubtful.push_back(sample->doubtful);
      between.push_back(sample->between);
      if (!sample->slices.empty()) with_ends.push_back(sample);
    }
    auto curve = curve_that_gains(doubtful);
    const auto curve_between = curve_that_gains(between);
    // One that loses there only makes the organ smaller, and would do so wherever it is drawn.
    if (curve && !(model::mean_dice(between, *curve) >= model::mean_dice(between, {}))) curve.reset();
    const model::OrganEnds ends = with_ends.empty() ? model::OrganEnds{} : fitted_ends(with_ends);
    for (const auto& [organ, sample] : samples) {
      if (curve) found.curves[organ] = *curve;
      if (curve_between) found.curves_between[organ] = *curve_between;
      if (ends.upper_mm > 0 || ends.lower_mm > 0) {
        found.ends[organ] = ends;
        found.ends[organ].organ = organ;
      }
    }
  }
  return found;
}

model::ModelInfo calibrated_info(model::ModelInfo info, const Calibration& calibration,
                                 const std::map<std::string, Calibrated>& organs, const std::string& source) {
  for (const auto& [organ, takes] : organs) {
    const std::string name = organ;  // clang 14 captures no structured binding
    const auto& curves = takes.ends ? calibration.curves_between : calibration.curves;
    if (const auto curve = curves.find(name); takes.curve && curve != curves.end()) {
      HuCurve& own = curve_in(info, name, source);
      own = model::sum_of(own, curve->second);
    }
    if (!takes.ends) continue;
    std::erase_if(info.organ_ends, [&](const auto& e) { return e.organ == name; });
    if (const auto ends = calibration.ends.find(name); ends != calibration.ends.end()) {
      info.organ_ends.push_back(ends->second);
      info.organ_ends.back().source = source;
    }
  }
  return info;
}

}  // namespace anatomynet::adaptation
