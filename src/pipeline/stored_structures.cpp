#include "pipeline/stored_structures.h"

#include <cmath>
#include <cstdio>
#include <optional>

#include "core/error.h"
#include "core/known_organs.h"
#include "core/organ_codes.h"
#include "core/resample.h"
#include "core/warning.h"
#include "geometry/rasterise_uneven.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/image_references.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::pipeline {
namespace {

std::string organ_named(const curation::RoiNames& names, const std::string& name) {
  const curation::NamedOrgan named = names(name);
  if (named.verdict != curation::NamedOrgan::Verdict::organ) return "";
  const Organ* organ = find_organ(names.organs(), named.organ_id);
  return organ ? organ->name : "";
}

StoredStructures read_segments(const std::filesystem::path& file, const Grid& grid, const io::CtImage* ct) {
  const UnevenSlices* uneven = ct && ct->uneven ? &ct->uneven->slices : nullptr;
  const io::DicomSegmentation segmentation = io::read_segmentation(file, &grid, uneven);
  if (ct) check_same_frame(segmentation, *ct, file.string());
  const curation::RoiNames names = curation::RoiNames::shipped();
  StoredStructures out;
  for (const Warning& warning : segmentation.warnings) out.warnings.push_back(with_files(warning));
  for (const io::StoredSegment& segment : segmentation.segments) {
    const std::string organ = organ_of_segment(names, segment);
    if (const std::string odd = name_against_code(known_organs(), organ, segment.code, segment.modifier);
        !odd.empty())
      out.warnings.push_back(segment.label + ": " + odd);
    out.structures.push_back(
        {segment.label, organ,
         evaluation::boxed(placed_on(grid, segmentation.mask(segment), file.string()), 1)});
  }
  return out;
}

// In-plane bounds of contours that lie in the grid's slices, with two voxels more; nothing where they do not.
std::optional<LabelBox> box_of(const std::vector<geometry::PatientContour>& contours, const Grid& grid) {
  constexpr double beside = 0.1;  // of a slice
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (const geometry::PatientContour& contour : contours) {
    double first = NAN;
    for (const Vec3& point : contour.points) {
      const Vec3 at = grid.to_index(point);
      if (std::isnan(first)) first = at[2];
      if (!(std::abs(at[2] - first) < beside)) return std::nullopt;
      for (std::size_t k = 0; k < 2; ++k)
        low[k] = std::min(low[k], at[k]), high[k] = std::max(high[k], at[k]);
    }
  }
  LabelBox box{{0, 0, 0}, grid.size};
  for (std::size_t k = 0; k < 2; ++k) {
    const double n = double(grid.size[k]);
    if (!(low[k] < n && high[k] >= 0)) return std::nullopt;  // none, or all beside the image
    box.low[k] = static_cast<std::int64_t>(std::clamp(std::floor(low[k]) - 2, 0.0, n - 1));
    box.size[k] = static_cast<std::int64_t>(std::clamp(std::ceil(high[k]) + 3, 1.0, n)) - box.low[k];
  }
  return box;
}

// Whole volumes are mostly memory to clear: contours on the slices are filled in their own columns alone.
evaluation::BoxedMask filled_mask(std::vector<geometry::PatientContour> contours, const Grid& grid,
                                  std::vector<std::string>& warnings) {
  const std::optional<LabelBox> box = box_of(contours, grid);
  Grid part = grid;
  if (box) {
    part.size = box->size;
    part.origin = grid.to_world({double(box->low[0]), double(box->low[1]), 0});
  }
  const geometry::Rasterised filled = geometry::rasterise(std::move(contours), part);
  warnings = filled.warnings;
  evaluation::BoxedMask out = evaluation::boxed(filled.mask, 1);
  out.grid = grid;
  if (box && !out.empty())
    for (std::size_t k = 0; k < 3; ++k) out.low[k] += box->low[k];
  return out;
}

StoredStructures read_contours(const std::filesystem::path& file, const Grid& grid, const io::CtImage* ct) {
  io::StructureSet set = io::read_structure_set(file);
  if (set.rois.empty()) throw Error(ErrorKind::input, file.string() + ": the structure set holds no ROI");
  StoredStructures out;
  out.warnings = set.warnings;
  if (ct) {
    const std::vector<std::string> doubts =
        io::check_same_scan(io::references_of(set), io::references_of(*ct));
    out.warnings.insert(out.warnings.end(), doubts.begin(), doubts.end());
  }
  io::check_position(set, grid, ct ? ct->source : "the grid");
  const curation::RoiNames names = curation::RoiNames::shipped();
  for (io::StoredRoi& roi : set.rois) {
    if (ct && ct->dicom && !roi.frame_of_reference_uid.empty() &&
        roi.frame_of_reference_uid != ct->dicom->frame_of_reference_uid)
      roi.warnings.emplace_back("its frame of reference is not the CT's");
    std::vector<geometry::PatientContour> contours = io::closed_contours(roi);
    evaluation::BoxedMask mask;
    std::vector<std::string> said;
    if (ct && ct->uneven) {
      const geometry::Rasterised filled = geometry::rasterise(contours, ct->uneven->slices);
      said = filled.warnings;
      mask = evaluation::boxed(filled.mask, 1);
    } else {
      mask = filled_mask(std::move(contours), grid, said);
    }
    for (const std::string& line : roi.warnings) out.warnings.push_back(roi.name + ": " + line);
    for (const std::string& line : said) out.warnings.push_back(roi.name + ": " + line);
    out.structures.push_back({roi.name, organ_named(names, roi.name), std::move(mask)});
  }
  return out;
}

}  // namespace

LabelVolume placed_on(const Grid& whole, const LabelVolume& part, const std::string& where) {
  const Orientation order = nearest_orientation(whole);
  const LabelVolume mask = reorient(part, nearest_orientation(part.grid));
  LabelVolume out(reoriented(whole, order));
  const Vec3 at = out.grid.to_index(mask.grid.origin);
  Size3 low{};
  Grid expected = out.grid;
  expected.size = mask.grid.size;
  for (std::size_t k = 0; k < 3; ++k) low[k] = std::llround(at[k]);
  expected.origin = out.grid.to_world({double(low[0]), double(low[1]), double(low[2])});
  bool inside = same_grid(mask.grid, expected, 0.02);
  for (std::size_t k = 0; k < 3; ++k)
    inside = inside && low[k] >= 0 && low[k] + mask.grid.size[k] <= out.grid.size[k];
  if (!inside) {
    const Vec3 &is = mask.grid.origin, &nearest = expected.origin;
    char apart[96];
    std::snprintf(apart, sizeof apart, "; their first voxel lies %.3g mm off the nearest of the CT",
                  std::hypot(is[0] - nearest[0], is[1] - nearest[1], is[2] - nearest[2]));
    throw Error(ErrorKind::input, where + ": its frames (" + describe(part.grid) +
                                      ") do not lie on the CT's slices (" + describe(whole) + ")" + apart +
                                      "; give the CT it belongs to, or none");
  }
  const Size3& n = mask.grid.size;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x) out.at(x + low[0], y + low[1], z + low[2]) = mask.at(x, y, z);
  return reorient_back(out, whole, order);
}

void check_same_frame(const io::DicomSegmentation& segmentation, const io::CtImage& ct,
                      const std::string& where) {
  if (!ct.dicom || segmentation.frame_of_reference_uid.empty()) return;
  if (segmentation.frame_of_reference_uid != ct.dicom->frame_of_reference_uid)
    throw Error(ErrorKind::input, where + ": drawn on another scan: its frame of reference is not that of " +
                                      ct.source + "; give the CT it belongs to");
}

std::string organ_of_segment(const curation::RoiNames& names, const io::StoredSegment& segment) {
  if (const std::string named = organ_named(names, segment.label); !named.empty()) return named;
  const Organ* organ = find_coded(known_organs(), segment.code, segment.modifier);
  return organ ? organ->name : "";
}

StoredStructures read_stored_structures(const std::filesystem::path& file, const Grid& grid,
                                        const io::CtImage* ct) {
  return io::is_segmentation(file) ? read_segments(file, grid, ct) : read_contours(file, grid, ct);
}

}  // namespace anatomynet::pipeline
