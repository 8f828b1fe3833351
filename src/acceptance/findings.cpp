#include "acceptance/findings.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "quality/reference.h"

namespace anatomynet::acceptance {
namespace {

constexpr double overlaps_little = 0.3, overlaps_well = 0.5, far_mm = 25, near_mm = 10;

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[200];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

bool drawn_by_both(const ComparedOrgan& organ) {
  return organ.metrics.presence == evaluation::Presence::both;
}

double dice_of(const ComparedOrgan& organ) { return organ.metrics.dice.value_or(0); }

const ComparedOrgan* find(const ComparedCase& c, const std::string& organ) {
  const auto it =
      std::find_if(c.organs.begin(), c.organs.end(), [&](auto& one) { return one.organ == organ; });
  return it == c.organs.end() ? nullptr : &*it;
}

bool is_left(const std::string& organ) { return organ.ends_with("_L"); }

bool exchanged(const ComparedCase& c, const ComparedOrgan& organ) {
  if (organ.other_side_dice && *organ.other_side_dice > overlaps_well &&
      *organ.other_side_dice > dice_of(organ) + overlaps_little)
    return true;
  const std::string twin_name = quality::other_side(organ.organ);
  const ComparedOrgan* twin = twin_name == organ.organ ? nullptr : find(c, twin_name);
  if (!twin || organ.metrics.truth_voxels == 0 || twin->metrics.truth_voxels == 0) return false;
  const double left_by = organ.truth_centre[0] - twin->truth_centre[0];
  return is_left(organ.organ) ? left_by < 0 : left_by > 0;
}

void find_exchanged(std::vector<ComparedCase>& cases, std::vector<Finding>& out) {
  for (ComparedCase& c : cases) {
    std::string names;
    for (ComparedOrgan& organ : c.organs) {
      if (!exchanged(c, organ)) continue;
      organ.left_out = "left and right exchanged in the clinic's contours";
      names += (names.empty() ? "" : ", ") + organ.organ +
               printed(" (Dice %.2f, with the model's other side %.2f)", dice_of(organ),
                       organ.other_side_dice.value_or(0));
    }
    if (!names.empty())
      out.push_back({"sides-exchanged",
                     {c.name},
                     "",
                     "left and right are exchanged in the clinic's contours: " + names,
                     true});
  }
}

// Mean distance of this case's contours from where another case's CT has these organs; infinite where they
// share less than two.
double offset_from(const ComparedCase& c, const ComparedCase& other) {
  double sum = 0;
  int shared = 0;
  for (const ComparedOrgan& organ : c.organs) {
    const ComparedOrgan* same = find(other, organ.organ);
    if (!same || organ.metrics.truth_voxels == 0 || same->metrics.predicted_voxels == 0) continue;
    sum += distance(organ.truth_centre, same->model_centre);
    ++shared;
  }
  return shared >= 2 ? sum / shared : INFINITY;
}

bool looks_wrong(const ComparedOrgan& organ) {
  return !organ.truth_flags.empty() && organ.model_flags.empty();
}

void find_wrong_ct(std::vector<ComparedCase>& cases, std::vector<Finding>& out) {
  for (ComparedCase& c : cases) {
    int compared = 0, wrong = 0;
    double best = 0;
    for (const ComparedOrgan& organ : c.organs) {
      if (!drawn_by_both(organ) || !organ.left_out.empty()) continue;
      ++compared;
      wrong += looks_wrong(organ);
      best = std::max(best, dice_of(organ));
    }
    if (compared < 2 || best >= overlaps_little) continue;
    const ComparedCase* fits = nullptr;
    double nearest = near_mm;
    for (const ComparedCase& other : cases)
      if (const double mm = &other == &c ? INFINITY : offset_from(c, other); mm < nearest) {
        nearest = mm;
        fits = &other;
      }
    const std::string all =
        printed("none of %d organs overlaps the model's (best Dice %.2f)", compared, best);
    if (!fits && 2 * wrong < compared) {
      out.push_back({"no-overlap", {c.name}, "", all + "; look which of the two is wrong", false});
      continue;
    }
    for (ComparedOrgan& organ : c.organs)
      if (organ.left_out.empty()) organ.left_out = "the contours seem to be of another CT";
    out.push_back(
        {"wrong-ct",
         {c.name},
         "",
         "the contours seem to be of another CT: " + all +
             (fits ? "; they lie where " + fits->name + printed(" has these organs (%.0f mm off)", nearest)
                   : printed("; %d of them look wrong on this CT, the model's do not", wrong)),
         true});
  }
}

void find_other_place(std::vector<ComparedCase>& cases, std::vector<Finding>& out) {
  for (ComparedCase& c : cases) {
    const bool some_fit = std::any_of(c.organs.begin(), c.organs.end(), [](auto& o) {
      return o.left_out.empty() && dice_of(o) >= overlaps_well;
    });
    if (!some_fit) continue;
    for (ComparedOrgan& organ : c.organs) {
      const double mm = distance(organ.truth_centre, organ.model_centre);
      if (!organ.left_out.empty() || !drawn_by_both(organ) || dice_of(organ) > 0.1 || mm < far_mm) continue;
      const bool clear = looks_wrong(organ);
      if (clear) organ.left_out = "the clinic's contour lies elsewhere";
      out.push_back(
          {"other-place",
           {c.name},
           organ.organ,
           printed("the clinic's contour lies %.0f mm from the model's (Dice %.2f) while other organs fit; ",
                   mm, dice_of(organ)) +
               (clear ? "it looks wrong on this CT: contours of another patient, or another name?"
                      : "look which of the two is wrong"),
           clear});
    }
  }
}

void find_repeats(std::vector<ComparedCase>& cases, std::vector<Finding>& out) {
  std::vector<curation::OverlapInput> scans;
  for (const ComparedCase& c : cases) {
    curation::OverlapInput input;
    input.ref.id = c.name;  // by content alone: two scans of one patient are two cases
    input.scan = c.scan;
    scans.push_back(std::move(input));
  }
  for (const curation::Overlap& overlap : curation::find_overlaps(scans)) {
    ComparedCase &first = cases[overlap.a], &second = cases[overlap.b];
    std::string names;
    for (ComparedOrgan& organ : second.organs) {
      const ComparedOrgan* same = find(first, organ.organ);
      if (!same || !organ.left_out.empty() || !same->left_out.empty()) continue;
      organ.left_out = "the same scan as " + first.name;
      names += (names.empty() ? "" : ", ") + organ.organ;
    }
    out.push_back({"same-scan-twice",
                   {first.name, second.name},
                   "",
                   "one scan twice (" + overlap.how + ")" +
                       (names.empty() ? std::string() : "; of " + second.name + " left out: " + names),
                   !names.empty()});
  }
}

void find_bare(const std::vector<ComparedCase>& cases, std::vector<Finding>& out) {
  for (const ComparedCase& c : cases) {
    if (!c.organs.empty()) continue;
    std::string why;
    for (const curation::RoiOutcome& roi : c.rois)
      if (why.empty() && roi.why.starts_with("rejected")) why = "; " + roi.name + " was " + roi.why;
    out.push_back({"nothing-compared", {c.name}, "", "none of its contours could be compared" + why, true});
  }
}

void find_range(const std::vector<ComparedCase>& cases, const TrainedOn* trained_on,
                std::vector<Finding>& out) {
  for (const ComparedCase& c : cases) {
    std::string why;
    const auto add = [&](const std::string& text) { why += (why.empty() ? "" : "; ") + text; };
    const auto check = [&](const char* what, const char* key, const std::array<double, 2>& range) {
      const double value = c.arrival.figures.contains(key) ? c.arrival.figures.at(key) : range[0];
      if (value < range[0] - 0.005 || value > range[1] + 0.005)
        add(printed("%s of %.2f mm (training: %.1f to %.1f)", what, value, range[0], range[1]));
    };
    if (trained_on) {
      check("pixels", "pixel_mm", trained_on->pixel_mm);
      check("slices", "slice_mm", trained_on->slice_mm);
    }
    if (const auto flags = c.arrival.flags.find(""); flags != c.arrival.flags.end())
      for (const std::string& code : flags->second) add("the whole CT is flagged: " + code);
    if (!why.empty()) out.push_back({"outside-training-range", {c.name}, "", why, false});
  }
}

}  // namespace

std::vector<Finding> find_faults(const std::vector<IdentityDoubt>& doubts, std::vector<ComparedCase>& cases,
                                 const TrainedOn* trained_on) {
  std::vector<Finding> out;
  find_exchanged(cases, out);
  find_wrong_ct(cases, out);
  find_other_place(cases, out);
  find_repeats(cases, out);
  find_bare(cases, out);
  for (const IdentityDoubt& doubt : doubts)
    out.push_back({"two-patients", doubt.cases, "", doubt.text, false});
  for (const ComparedCase& c : cases)
    if (c.jump_mm)
      out.push_back(
          {"slices-do-not-fit",
           {c.name},
           "",
           printed("neighbouring slices at z = %.1f mm do not fit each other: two scans in one?", *c.jump_mm),
           false});
  find_range(cases, trained_on, out);
  return out;
}

}  // namespace anatomynet::acceptance
