#include "io/dicom/internal/slice_gaps.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace anatomynet::io {
namespace {

// Two positions of one decimal, each 0.05 mm off.
constexpr double gap_noise_mm = 0.11;

bool alike(double gap, double usual) { return std::abs(gap - usual) <= std::max(gap_noise_mm, 0.02 * usual); }

// How many times `usual` a gap is; 0 where it is no multiple.
int multiple(double gap, double usual) {
  const double times = std::round(gap / usual);
  return std::abs(gap - times * usual) <= std::max(gap_noise_mm, 0.05 * usual) ? static_cast<int>(times) : 0;
}

std::string millimetres(double mm) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g mm", mm);
  return text;
}

std::string listed(const std::vector<std::string>& parts, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? last : ", ") + parts[i];
  return text;
}

std::string describe_mixed(const std::vector<SliceRun>& runs) {
  std::vector<SliceRun> kinds;  // by distance; `last` counts how often
  for (const SliceRun& run : runs) {
    const auto known =
        std::find_if(kinds.begin(), kinds.end(), [&](const SliceRun& k) { return alike(run.mm, k.mm); });
    if (known == kinds.end())
      kinds.push_back({0, run.gaps(), run.mm, run.mm, run.mm});
    else
      known->last += run.gaps();
  }
  std::sort(kinds.begin(), kinds.end(), [](const SliceRun& a, const SliceRun& b) { return a.mm < b.mm; });
  std::string text = std::to_string(runs.back().last + 1) + " slices, ";
  if (kinds.size() > 6)
    return text + millimetres(kinds.front().mm) + " to " + millimetres(kinds.back().mm) + " apart";
  std::vector<std::string> parts;
  for (const SliceRun& kind : kinds)
    parts.push_back(millimetres(kind.mm) + " (" + std::to_string(kind.gaps()) +
                    (kind.gaps() == 1 ? " time)" : " times)"));
  return text + listed(parts, " and ") + " apart";
}

}  // namespace

std::vector<SliceRun> runs_of(const std::vector<double>& along) {
  const std::size_t last = along.size() - 1;
  const double mean = (along[last] - along[0]) / double(last);
  bool one = true;  // all about the mean, which a block that begins with an odd distance would miss
  for (std::size_t z = 0; z < last; ++z) one = one && alike(along[z + 1] - along[z], mean);
  std::vector<SliceRun> runs;
  for (std::size_t z = 0; z < last; ++z) {
    const double gap = along[z + 1] - along[z];
    if (runs.empty() || (!one && !alike(gap, runs.back().mm))) runs.push_back({z, z, gap, gap, gap});
    SliceRun& run = runs.back();
    run.last = z + 1;
    run.shortest = std::min(run.shortest, gap);
    run.longest = std::max(run.longest, gap);
    run.mm = (along[run.last] - along[run.first]) / double(run.gaps());
  }
  return runs;
}

std::vector<LostSlices> lost_slices(const std::vector<SliceRun>& runs) {
  constexpr std::size_t enough = 3;
  const std::size_t all = runs.empty() ? 0 : runs.back().last - runs.front().first;
  std::vector<LostSlices> lost;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const SliceRun* before = i > 0 ? &runs[i - 1] : nullptr;
    const SliceRun* after = i + 1 < runs.size() ? &runs[i + 1] : nullptr;
    if (runs[i].gaps() > 1 || (!before && !after)) continue;
    if (before && after && !alike(before->mm, after->mm)) continue;
    const SliceRun& longer = !before ? *after : !after || before->gaps() >= after->gaps() ? *before : *after;
    const std::size_t beside = (before ? before->gaps() : 0) + (after ? after->gaps() : 0);
    if (beside < enough && beside + 1 < all) continue;
    if (const int times = multiple(runs[i].mm, longer.mm); times >= 2)
      lost.push_back({runs[i].first, runs[i].mm, longer.mm, times - 1});
  }
  return lost;
}

std::string describe(const std::vector<SliceRun>& runs) {
  constexpr std::size_t most = 6;
  if (runs.size() > most) return describe_mixed(runs);
  if (runs.size() == 1)
    return std::to_string(runs[0].last + 1) + " slices about " + millimetres(runs[0].mm) + " apart (" +
           millimetres(runs[0].shortest) + " to " + millimetres(runs[0].longest) + ")";
  std::vector<std::string> parts;
  for (const SliceRun& run : runs)
    parts.push_back((parts.empty() ? "slices " : "") + std::to_string(run.first + 1) + " to " +
                    std::to_string(run.last + 1) + (run.gaps() == 1 ? " " : " every ") + millimetres(run.mm) +
                    (run.gaps() == 1 ? " apart" : ""));
  return listed(parts, ", ");
}

}  // namespace anatomynet::io
