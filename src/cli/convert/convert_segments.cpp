#include <cmath>
#include <cstdio>

#include <spdlog/spdlog.h>

#include "cli/app/progress_bar.h"
#include "cli/convert/convert.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/organ_codes.h"
#include "core/output.h"
#include "core/resample.h"
#include "curation/roi_names.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_seg.h"
#include "io/image/image_file.h"
#include "pipeline/roi_files.h"

namespace anatomynet::cli {
namespace {

// The mask on a grid that its own is a part of, in whatever order either has its axes.
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
  if (!inside)
    throw Error(ErrorKind::input, where + ": its frames (" + describe(part.grid) +
                                      ") do not lie on the CT's slices (" + describe(whole) +
                                      "); give the CT it belongs to, or none");
  const Size3& n = mask.grid.size;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x) out.at(x + low[0], y + low[1], z + low[2]) = mask.at(x, y, z);
  return reorient_back(out, whole, order);
}

void check_reference(const io::DicomSegmentation& seg, const io::CtImage& ct, const std::string& where) {
  if (!ct.dicom) return;
  if (!seg.frame_of_reference_uid.empty() && seg.frame_of_reference_uid != ct.dicom->frame_of_reference_uid)
    throw Error(ErrorKind::input, where + ": drawn on another scan: its frame of reference is not that of " +
                                      ct.source + "; give the CT it belongs to");
}

std::string organ_of(const curation::RoiNames& names, const io::StoredSegment& segment) {
  const curation::NamedOrgan named = names(segment.label);
  if (named.verdict == curation::NamedOrgan::Verdict::organ)
    if (const Organ* organ = find_organ(names.organs(), named.organ_id)) return organ->name;
  const Organ* organ = find_coded(standard_organs(), segment.code, segment.modifier);
  return organ ? organ->name : "none";
}

struct Count {
  std::size_t voxels = 0, slices = 0;
};

Count count_of(const LabelVolume& mask) {
  Count out;
  for (std::int64_t z = 0; z < mask.grid.size[2]; ++z) {
    std::size_t here = 0;
    for (const std::uint8_t v : mask.slice(z)) here += v;
    out.voxels += here;
    out.slices += here > 0;
  }
  return out;
}

}  // namespace

void segments_to_masks(const ConvertOptions& options) {
  ProgressBar bar;
  const Progress progress = bar.callback();
  std::optional<io::CtImage> ct;
  if (!options.ct.empty()) ct = io::read_ct(options.ct, options.reading, progress);
  const UnevenSlices* uneven = ct && ct->uneven ? &ct->uneven->slices : nullptr;
  std::optional<Grid> whole;
  io::DicomSegmentation seg;
  if (!ct) {
    seg = io::read_segmentation(options.input);
  } else {
    for (const Warning& warning : ct->warnings) spdlog::warn("{}", with_files(warning));
    whole = ct->volume.grid;
    seg = io::read_segmentation(options.input, &*whole, uneven);
    check_reference(seg, *ct, options.input);
  }
  for (const Warning& warning : seg.warnings) spdlog::warn("{}", with_files(warning));
  OutputFolder out(options.output);
  pipeline::replace_earlier_masks(out, options.output);
  const std::string extension = options.format == "nrrd" ? ".nrrd" : ".nii.gz";
  const curation::RoiNames names = curation::RoiNames::shipped();
  pipeline::RoiFileNames file_names;
  std::string table = csv_line({"name", "organ", "ml", "slices", "file"});
  for (const io::StoredSegment& segment : seg.segments) {
    progress("writing masks", double(&segment - seg.segments.data()) / double(seg.segments.size()));
    LabelVolume mask = seg.mask(segment);
    if (whole) mask = placed_on(*whole, mask, options.input);
    const std::string file = file_names(segment.label, segment.number) + extension;
    io::write_labels(out.stage(file), mask);
    const Count count = count_of(mask);
    char ml[48];
    std::snprintf(ml, sizeof ml, "%.4f",
                  uneven ? uneven->volumes_ml(mask)[1] : double(count.voxels) * mask.grid.voxel_ml());
    table += csv_line({segment.label, organ_of(names, segment), ml, std::to_string(count.slices), file});
  }
  write_file_atomically(out.stage("rois.csv"), table);
  out.commit();
  progress("writing masks", 1);
  spdlog::info("{} masks in {}", seg.segments.size(), options.output);
}

}  // namespace anatomynet::cli
