#include <algorithm>
#include <cstdio>

#include <spdlog/spdlog.h>

#include "cli/app/progress_bar.h"
#include "cli/convert/convert.h"
#include "cli/convert/sides.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/output.h"
#include "curation/ct_of_structures.h"
#include "curation/roi_names.h"
#include "geometry/rasterise_uneven.h"
#include "io/ct_image.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/image_references.h"
#include "io/dicom/structure_set.h"
#include "io/image/image_file.h"
#include "pipeline/roi_files.h"

namespace anatomynet::cli {
namespace {

double ml_of(const io::CtImage& ct, const LabelVolume& mask, const Extent& extent) {
  return ct.uneven ? ct.uneven->slices.volumes_ml(mask)[1] : double(extent.voxels) * mask.grid.voxel_ml();
}

// The organ of a ROI, its side settled by where it lies; a side that contradicts its place is warned of.
std::string organ_of(const curation::RoiNames& names, io::StoredRoi& roi, const Extent& extent,
                     double middle) {
  using enum curation::NamedOrgan::Verdict;
  const curation::NamedOrgan named = names(roi.name);
  if (named.verdict != organ && named.verdict != side_unknown) return "none";
  const Organ* found = find_organ(names.organs(), named.organ_id);
  if (!found) return "none";
  if (named.verdict == side_unknown) {
    const Laterality lies = side_of(extent, middle);
    if (lies == Laterality::none) {
      roi.warnings.emplace_back("neither name nor place tells left from right");
      return "none";
    }
    const Organ* other = opposite_side(names.organs(), *found);
    if (other && found->laterality != lies) found = other;
    roi.warnings.push_back(std::string("side from its place: the patient's ") +
                           (lies == Laterality::left ? "left" : "right"));
  } else if (const std::string odd = side_against_place(*found, extent, middle); !odd.empty()) {
    roi.warnings.push_back(odd);
  }
  return found->name;
}

std::string row_of(const io::StoredRoi& roi, const std::string& organ, double ml, std::size_t contours,
                   const std::string& file) {
  char volume[48];
  std::snprintf(volume, sizeof volume, "%.4f", ml);
  std::string warnings;
  for (const std::string& w : roi.warnings) warnings += (warnings.empty() ? "" : "; ") + w;
  return csv_line({roi.name, organ, volume, std::to_string(contours), warnings, file});
}

}  // namespace

void contours_to_masks(const ConvertOptions& options) {
  ProgressBar bar;
  const Progress progress = bar.callback();
  io::StructureSet set = io::read_structure_set(options.input);
  if (set.rois.empty()) throw Error(ErrorKind::input, options.input + ": the structure set holds no ROI");
  const io::CtImage ct = curation::read_ct_of(set, options.ct, options.reading, progress);
  for (const Warning& w : ct.warnings) spdlog::warn("{}", with_files(w));
  for (const std::string& w : set.warnings) spdlog::warn("{}: {}", options.input, w);
  for (const std::string& w : io::check_same_scan(io::references_of(set), io::references_of(ct)))
    spdlog::warn("{}", w);
  io::check_position(set, ct.volume.grid, ct.source);

  OutputFolder out(options.output);
  pipeline::replace_earlier_masks(out, options.output);
  const geometry::RasteriseOptions how{
      options.half_covered ? geometry::Inclusion::half_covered : geometry::Inclusion::centre,
      options.fill_gaps ? geometry::SliceGaps::interpolate : geometry::SliceGaps::leave};
  const std::string extension = options.format == "nrrd" ? ".nrrd" : ".nii.gz";
  const curation::RoiNames names = curation::RoiNames::shipped();
  const double middle = middle_of_body(ct.volume);
  pipeline::RoiFileNames file_names;
  std::string table = csv_line({"name", "organ", "ml", "contours", "warnings", "file"});
  double done = 0;
  for (io::StoredRoi& roi : set.rois) {
    progress("filling contours", done++ / double(set.rois.size()));
    if (ct.dicom && !roi.frame_of_reference_uid.empty() &&
        roi.frame_of_reference_uid != ct.dicom->frame_of_reference_uid)
      roi.warnings.emplace_back("its frame of reference is not the CT's");
    const std::vector<geometry::PatientContour> contours = io::closed_contours(roi);
    const geometry::Rasterised filled = ct.uneven ? geometry::rasterise(contours, ct.uneven->slices, how)
                                                  : geometry::rasterise(contours, ct.volume.grid, how);
    roi.warnings.insert(roi.warnings.end(), filled.warnings.begin(), filled.warnings.end());
    const Extent extent = extent_of(filled.mask);
    if (extent.voxels == 0 && filled.contours_used > 0) roi.warnings.emplace_back("no voxel inside");
    const std::string file = file_names(roi.name, roi.number) + extension;
    io::write_labels(out.stage(file), filled.mask);
    const std::string organ = organ_of(names, roi, extent, middle);
    table += row_of(roi, organ, ml_of(ct, filled.mask, extent), filled.contours_used, file);
    for (const std::string& w : roi.warnings) spdlog::warn("{}: {}", roi.name, w);
  }
  write_file_atomically(out.stage("rois.csv"), table);
  out.commit();
  progress("filling contours", 1);
  spdlog::info("{} masks in {}", set.rois.size(), options.output);
}

}  // namespace anatomynet::cli
