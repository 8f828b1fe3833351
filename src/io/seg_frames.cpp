#include "io/seg_frames.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/dicom_item.h"

namespace anatomynet::dicom {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::input, where + ": " + why);
}

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 vec3(const std::vector<double>& v, std::size_t from = 0) { return {v[from], v[from + 1], v[from + 2]}; }

// The first item of a macro's sequence: in the frame's own groups, else in those that all frames share.
DcmItem& group(DcmItem* own, DcmItem* shared, const DcmTagKey& sequence, const std::string& where) {
  DcmItem* item = nullptr;
  for (DcmItem* groups : {own, shared})
    if (groups && groups->findAndGetSequenceItem(sequence, item, 0).good() && item) return *item;
  fail(where, tag_name(sequence) + " is missing");
}

}  // namespace

SegLayout read_layout(DcmItem& data, std::size_t count, bool label_map, const std::string& where) {
  DcmItem* shared = nullptr;
  data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, 0).good();
  SegLayout layout;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string frame = where + ": frame " + std::to_string(i + 1);
    DcmItem* own = nullptr;
    if (data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, static_cast<signed long>(i))
            .bad())
      fail(frame, "has no functional groups (PerFrameFunctionalGroupsSequence)");
    const auto orientation = required_numbers(group(own, shared, DCM_PlaneOrientationSequence, frame),
                                              DCM_ImageOrientationPatient, 6, frame);
    DcmItem& measures = group(own, shared, DCM_PixelMeasuresSequence, frame);
    const Vec3 across = vec3(orientation), down = vec3(orientation, 3);
    const auto pixel_mm = required_numbers(measures, DCM_PixelSpacing, 2, frame);
    if (i == 0) {
      layout.across = across;
      layout.down = down;
      layout.pixel_mm = pixel_mm;
      for (const DcmTagKey& tag : {DCM_SpacingBetweenSlices, DCM_SliceThickness})
        if (const auto mm = numbers(measures, tag, frame); layout.slice_mm == 0 && mm && mm->front() > 0)
          layout.slice_mm = mm->front();
    } else if (dot(across, layout.across) < 0.9999 || dot(down, layout.down) < 0.9999 ||
               std::abs(pixel_mm[0] - layout.pixel_mm[0]) + std::abs(pixel_mm[1] - layout.pixel_mm[1]) >
                   1e-4) {
      fail(frame, "lies across the others, or has other pixels; expected one regular grid");
    }
    SegFrame f;
    f.position = vec3(required_numbers(group(own, shared, DCM_PlanePositionSequence, frame),
                                       DCM_ImagePositionPatient, 3, frame));
    if (!label_map)
      f.segment = static_cast<int>(required_number(
          group(own, shared, DCM_SegmentIdentificationSequence, frame), DCM_ReferencedSegmentNumber, frame));
    layout.frames.push_back(f);
  }
  return layout;
}

// The grid on which all frames lie, and each frame's slice.
Grid grid_of(const SegLayout& layout, std::size_t columns, std::size_t rows, std::vector<std::int64_t>& slice,
             const std::string& where) {
  constexpr double same_mm = 0.02;
  const Vec3 &a = layout.across, &d = layout.down;
  const Vec3 normal{a[1] * d[2] - a[2] * d[1], a[2] * d[0] - a[0] * d[2], a[0] * d[1] - a[1] * d[0]};
  const auto height = [&](const SegFrame& f) { return dot(f.position, normal); };
  const SegFrame& lowest =
      *std::min_element(layout.frames.begin(), layout.frames.end(),
                        [&](const SegFrame& p, const SegFrame& q) { return height(p) < height(q); });
  std::vector<double> heights;
  for (const SegFrame& f : layout.frames) heights.push_back(height(f));
  std::sort(heights.begin(), heights.end());
  double step = 0;
  for (std::size_t i = 1; i < heights.size(); ++i)
    if (const double apart = heights[i] - heights[i - 1]; apart > same_mm && (step == 0 || apart < step))
      step = apart;
  // Neighbouring slices tell the spacing better than a thickness; of one slice alone nothing else does.
  if (step == 0 || (layout.slice_mm > 0 && std::abs(std::remainder(step, layout.slice_mm)) < same_mm &&
                    layout.slice_mm < step))
    step = layout.slice_mm;
  if (!(step > 0)) fail(where, "neither SpacingBetweenSlices nor two slices say how far slices are apart");

  Grid grid;
  grid.spacing = {layout.pixel_mm[1], layout.pixel_mm[0], step};
  grid.origin = lowest.position;
  for (std::size_t r = 0; r < 3; ++r) grid.direction[r] = {a[r], d[r], normal[r]};
  std::int64_t last = 0;
  for (const SegFrame& f : layout.frames) {
    const Vec3 index = grid.to_index(f.position);
    const auto z = std::llround(index[2]);
    if (std::abs(index[2] - double(z)) * step > 0.1 * step || std::abs(index[0]) > 0.02 ||
        std::abs(index[1]) > 0.02)
      fail(where, "its frames do not lie on one regular grid");
    slice.push_back(z);
    last = std::max<std::int64_t>(last, z);
  }
  grid.size = {static_cast<std::int64_t>(columns), static_cast<std::int64_t>(rows), last + 1};
  grid.check(where);
  return grid;
}

}  // namespace anatomynet::dicom
