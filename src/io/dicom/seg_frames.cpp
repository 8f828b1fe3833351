#include "io/dicom/internal/seg_frames.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/error.h"
#include "core/vectors.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/slice_gaps.h"

namespace anatomynet::io {
namespace {

// What the positions of a CT's slices may be off, as slice_stack.cpp has it.
constexpr double position_noise_mm = 0.06;
double along_tolerance(double spacing) { return std::max(position_noise_mm, 0.01 * spacing); }
double sideways_tolerance(double pixel) { return std::max(position_noise_mm, 0.1 * pixel); }

// Nobody is longer; a frame further off is damage.
constexpr double longest_patient_mm = 3000;

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::input, where + ": " + why);
}

Vec3 vec3(const std::vector<double>& v, std::size_t from = 0) { return {v[from], v[from + 1], v[from + 2]}; }

// The first item of a macro's sequence: in the frame's own groups, else in those that all frames share.
DcmItem& group(DcmItem* own, DcmItem* shared, const DcmTagKey& sequence, const std::string& where) {
  DcmItem* item = nullptr;
  for (DcmItem* groups : {own, shared})
    if (groups && groups->findAndGetSequenceItem(sequence, item, 0).good() && item) return *item;
  fail(where, tag_name(sequence) + " is missing");
}

// Where slices lie along the normal: slice n at `start` + n * `step`.
struct Line {
  double start = 0, step = 0;
  std::vector<std::int64_t> slices;  // of each height
};

// Heights, ascending and apart, as whole steps of about `step`; nullopt where they are none.
std::optional<Line> fit(const std::vector<double>& heights, double step) {
  Line line;
  line.slices = {0};
  for (std::size_t i = 1; i < heights.size(); ++i)
    line.slices.push_back(line.slices.back() + std::llround((heights[i] - heights[i - 1]) / step));
  const auto count = double(heights.size());
  double n = 0, h = 0, nn = 0, nh = 0;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    const auto slice = double(line.slices[i]);
    n += slice / count;
    h += heights[i] / count;
  }
  for (std::size_t i = 0; i < heights.size(); ++i) {
    nn += (double(line.slices[i]) - n) * (double(line.slices[i]) - n);
    nh += (double(line.slices[i]) - n) * (heights[i] - h);
  }
  if (!(nn > 0)) return {};
  line.step = nh / nn;
  line.start = h - n * line.step;
  for (std::size_t i = 0; i < heights.size(); ++i)
    if (!(std::abs(line.start + line.step * double(line.slices[i]) - heights[i]) <=
          along_tolerance(line.step)))
      return {};
  return line;
}

std::string text_of(double mm) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", mm);
  return text;
}

// The distance of slices, from at least two heights.
Line step_between(const std::vector<double>& heights, const SegLayout& layout, const std::string& where,
                  std::string& warning) {
  std::vector<double> gaps(heights.size() - 1);
  std::transform(heights.begin() + 1, heights.end(), heights.begin(), gaps.begin(), std::minus<>());
  const double smallest = *std::min_element(gaps.begin(), gaps.end());
  double sum = 0, count = 0;  // of gaps that are about the smallest: rounding evens out
  for (const double gap : gaps)
    if (gap < 1.3 * smallest) {
      sum += gap;
      ++count;
    }
  const double seen = sum / count;
  std::optional<Line> said;
  if (layout.slice_mm > 0) said = fit(heights, layout.slice_mm);
  if (said && !(std::abs(said->step - layout.slice_mm) <= 0.05 * layout.slice_mm)) said.reset();
  // Three slices or more, and never two neighbours: what is said there is not the slices' distance.
  if (said && (seen < 1.5 * layout.slice_mm || heights.size() < 3)) return *std::move(said);
  if (auto line = fit(heights, seen)) {
    if (layout.slice_mm > 0)
      warning = "Spacing Between Slices is " + text_of(layout.slice_mm) + " mm, but frames lie " +
                text_of(seen) + " mm apart: their positions were taken";
    return *std::move(line);
  }
  if (said) return *std::move(said);
  fail(where, "its frames do not lie on one regular grid; give the CT it belongs to");
}

// The blocks of frames that lie unevenly, as a CT's own slices may; slices that merely have no frame, one gap
// or many of the same distance, are none.
std::string uneven_blocks(const std::vector<double>& heights, double step) {
  if (heights.size() < 2) return {};
  const std::vector<SliceRun> runs = runs_of(heights);
  double least = 0, most = 0;
  for (const SliceRun& run : runs)
    if (run.gaps() >= 2) {
      least = least == 0 ? run.mm : std::min(least, run.mm);
      most = std::max(most, run.mm);
    }
  if (!(most > 1.3 * least)) return {};
  return "frames lie unevenly (" + describe(runs) + "): masks lie on an even grid, a slice every " +
         text_of(step) +
         " mm, and are empty where no frame lies; give the CT with --ct, if its slices are uneven";
}

// The mean place of the frames within their planes, and whether all lie there.
bool stand_upright(const SegLayout& layout, Vec3& mean) {
  const Vec3 axes[2] = {layout.across, layout.down};
  const double pixel[2] = {layout.pixel_mm[1], layout.pixel_mm[0]};
  for (int k = 0; k < 2; ++k) {
    double sum = 0;
    for (const SegFrame& f : layout.frames) sum += dot(f.position, axes[k]);
    mean[k] = sum / double(layout.frames.size());
    for (const SegFrame& f : layout.frames)
      if (!(std::abs(dot(f.position, axes[k]) - mean[k]) <= sideways_tolerance(pixel[k]))) return false;
  }
  return true;
}

// The same grid with its axes in the order and directions of `across`, `down` and their normal; nullopt where
// they do not run alike.
std::optional<Grid> with_axes(const Grid& grid, const std::array<Vec3, 3>& axes) {
  constexpr double alike = 1e-3;  // as a CT's orientations
  Grid out = grid;
  for (std::size_t k = 0; k < 3; ++k) {
    bool found = false;
    for (std::size_t j = 0; j < 3 && !found; ++j) {
      const Vec3 d{grid.direction[0][j], grid.direction[1][j], grid.direction[2][j]};
      const double cosine = dot(d, axes[k]);
      if (std::abs(cosine) < 0.9) continue;
      const double sign = cosine < 0 ? -1 : 1;
      for (std::size_t r = 0; r < 3; ++r)
        if (!(std::abs(sign * d[r] - axes[k][r]) <= alike)) return {};
      out.size[k] = grid.size[j];
      out.spacing[k] = grid.spacing[j];
      for (std::size_t r = 0; r < 3; ++r) {
        out.direction[r][k] = sign * d[r];
        if (cosine < 0) out.origin[r] += d[r] * grid.spacing[j] * double(grid.size[j] - 1);
      }
      found = true;
    }
    if (!found) return {};
  }
  return out;
}

}  // namespace

SegLayout read_layout(DcmItem& data, std::size_t count, bool label_map, const std::string& where) {
  DcmItem* shared = nullptr;
  data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, 0).good();
  SegLayout layout;
  each_item(data, DCM_PerFrameFunctionalGroupsSequence, [&](DcmItem& own) {
    const std::size_t i = layout.frames.size();
    if (i == count) return;
    const std::string frame = where + ": frame " + std::to_string(i + 1);
    const auto orientation = required_numbers(group(&own, shared, DCM_PlaneOrientationSequence, frame),
                                              DCM_ImageOrientationPatient, 6, frame);
    DcmItem& measures = group(&own, shared, DCM_PixelMeasuresSequence, frame);
    const Vec3 across = vec3(orientation), down = vec3(orientation, 3);
    const auto pixel_mm = required_numbers(measures, DCM_PixelSpacing, 2, frame);
    if (i == 0) {
      layout.across = across;
      layout.down = down;
      layout.pixel_mm = pixel_mm;
      const auto positive = [&](const DcmTagKey& tag) {
        const auto mm = numbers(measures, tag, frame);
        return mm && mm->front() > 0 ? mm->front() : 0.0;
      };
      layout.slice_mm = positive(DCM_SpacingBetweenSlices);
      layout.thickness_mm = positive(DCM_SliceThickness);
    } else if (!(dot(across, layout.across) >= 0.9999 && dot(down, layout.down) >= 0.9999 &&
                 std::abs(pixel_mm[0] - layout.pixel_mm[0]) + std::abs(pixel_mm[1] - layout.pixel_mm[1]) <=
                     1e-4)) {
      fail(frame, "lies across the others, or has other pixels; expected one regular grid");
    }
    SegFrame f;
    f.position = vec3(required_numbers(group(&own, shared, DCM_PlanePositionSequence, frame),
                                       DCM_ImagePositionPatient, 3, frame));
    if (!label_map)
      f.segment = static_cast<int>(required_number(
          group(&own, shared, DCM_SegmentIdentificationSequence, frame), DCM_ReferencedSegmentNumber, frame));
    layout.frames.push_back(f);
  });
  if (layout.frames.size() < count)
    fail(where + ": frame " + std::to_string(layout.frames.size() + 1),
         "has no functional groups (PerFrameFunctionalGroupsSequence)");
  return layout;
}

SegGrid own_grid(const SegLayout& layout, const std::string& where) {
  const Vec3 &a = layout.across, &d = layout.down, normal = cross(a, d);
  Vec3 place{};  // of the first slice, along across, down and normal
  if (!stand_upright(layout, place)) fail(where, "its frames do not lie on one regular grid");
  std::vector<double> all;
  for (const SegFrame& f : layout.frames) all.push_back(dot(f.position, normal));
  std::vector<double> heights = all;
  std::sort(heights.begin(), heights.end());
  constexpr double same_mm = 0.05;
  heights.erase(std::unique(heights.begin(), heights.end(),
                            [](double p, double q) { return std::abs(p - q) <= same_mm; }),
                heights.end());
  if (!(heights.back() - heights.front() <= longest_patient_mm))
    fail(where, "its frames lie " + text_of((heights.back() - heights.front()) / 1000) +
                    " m apart, expected at most " + text_of(longest_patient_mm / 1000) +
                    " m: damaged positions; export it again");

  SegGrid out;
  Line line{heights.front(), layout.slice_mm, {0}};
  if (heights.size() > 1) {
    line = step_between(heights, layout, where, out.warning);
  } else if (layout.slice_mm == 0) {
    if (layout.thickness_mm == 0)
      fail(where, "neither SpacingBetweenSlices nor two slices say how far slices are apart");
    line.step = layout.thickness_mm;
    out.warning = "one slice only, without Spacing Between Slices: its thickness of " + text_of(line.step) +
                  " mm was taken for the distance";
  }
  place[2] = line.start;

  Grid& grid = out.grid;
  grid.spacing = {layout.pixel_mm[1], layout.pixel_mm[0], line.step};
  for (std::size_t r = 0; r < 3; ++r) {
    grid.direction[r] = {a[r], d[r], normal[r]};
    grid.origin[r] = place[0] * a[r] + place[1] * d[r] + place[2] * normal[r];
  }
  out.uneven = uneven_blocks(heights, line.step);
  for (const double h : all) out.slices.push_back(std::llround((h - line.start) / line.step));
  grid.size = {layout.columns, layout.rows, *std::max_element(out.slices.begin(), out.slices.end()) + 1};
  grid.check(where);
  return out;
}

std::optional<SegGrid> grid_within(const Grid& ct, const SegLayout& layout) {
  const std::optional<Grid> turned =
      with_axes(ct, {layout.across, layout.down, cross(layout.across, layout.down)});
  if (!turned) return {};
  const std::int64_t size[2] = {layout.columns, layout.rows};
  for (std::size_t k = 0; k < 2; ++k) {
    const double apart = std::abs(turned->spacing[k] - layout.pixel_mm[1 - k]);
    if (!(apart * double(size[k]) <= 0.5 * turned->spacing[k])) return {};
  }
  // Both the CT's positions and the frames' may be off.
  const double tolerance[3] = {sideways_tolerance(turned->spacing[0]), sideways_tolerance(turned->spacing[1]),
                               2 * along_tolerance(turned->spacing[2])};
  SegGrid out;
  Vec3 low{};
  for (const SegFrame& f : layout.frames) {
    const Vec3 index = turned->to_index(f.position);
    for (std::size_t k = 0; k < 3; ++k)
      if (!(std::abs(index[k] - std::round(index[k])) * turned->spacing[k] <= tolerance[k])) return {};
    if (out.slices.empty()) low = {std::round(index[0]), std::round(index[1]), std::round(index[2])};
    if (std::round(index[0]) != low[0] || std::round(index[1]) != low[1]) return {};
    low[2] = std::min(low[2], std::round(index[2]));
    if (!(std::abs(index[2]) < 1e6)) return {};
    out.slices.push_back(std::llround(index[2]));
  }
  out.grid = *turned;
  out.grid.origin = turned->to_world(low);
  std::int64_t last = 0;
  for (std::int64_t& slice : out.slices) last = std::max(last, slice -= std::llround(low[2]));
  out.grid.size = {layout.columns, layout.rows, last + 1};
  return out;
}

std::optional<SegGrid> slices_among(const UnevenSlices& ct, const SegLayout& layout) {
  const Grid& even = ct.even();
  const auto along = [&](const Vec3& v, std::size_t k) {
    return dot(v, {even.direction[0][k], even.direction[1][k], even.direction[2][k]});
  };
  bool fits = layout.columns == even.size[0] && layout.rows == even.size[1] &&
              along(layout.across, 0) > 0.9999 && along(layout.down, 1) > 0.9999 &&
              std::abs(layout.pixel_mm[1] - even.spacing[0]) < 1e-3 &&
              std::abs(layout.pixel_mm[0] - even.spacing[1]) < 1e-3;
  SegGrid out{ct.on_slices(), {}, {}};
  for (const SegFrame& frame : layout.frames) {
    const Vec3 index = even.to_index(frame.position);
    const double at = ct.positions().index_of(index[2] * even.spacing[2]);
    const auto slice = std::llround(at);
    fits = fits && std::abs(index[0]) < 0.1 && std::abs(index[1]) < 0.1 &&
           std::abs(at - double(slice)) < 0.1 && slice >= 0 && slice < ct.count();
    out.slices.push_back(slice);
  }
  if (!fits) return {};
  return out;
}

}  // namespace anatomynet::io
