#include <cstdio>

#include <spdlog/spdlog.h>

#include "cli/app/progress_bar.h"
#include "cli/convert/convert.h"
#include "cli/convert/sides.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/known_organs.h"
#include "core/organ_codes.h"
#include "core/output.h"
#include "curation/ct_of_structures.h"
#include "curation/roi_names.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/image_references.h"
#include "io/image/image_file.h"
#include "pipeline/roi_files.h"
#include "pipeline/stored_structures.h"

namespace anatomynet::cli {
namespace {

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

// What of a segment is odd: it is empty, or its name, code and place do not fit each other.
std::vector<std::string> faults_of(const io::StoredSegment& segment, const std::string& organ,
                                   const LabelVolume& mask, std::optional<double> middle) {
  std::vector<std::string> faults;
  const Extent extent = extent_of(mask);
  if (extent.voxels == 0) faults.emplace_back("no voxel inside");
  if (std::string odd = name_against_code(known_organs(), organ, segment.code, segment.modifier);
      !odd.empty())
    faults.push_back(std::move(odd));
  if (const Organ* known = find_organ(known_organs(), organ); known && middle)
    if (std::string odd = side_against_place(*known, extent, *middle); !odd.empty())
      faults.push_back(std::move(odd));
  return faults;
}

}  // namespace

void segments_to_masks(const ConvertOptions& options) {
  ProgressBar bar;
  const Progress progress = bar.callback();
  std::optional<io::CtImage> ct;
  if (!options.ct.empty())
    ct = curation::read_ct_of(io::references_in(options.input), options.ct, options.reading, progress);
  const UnevenSlices* uneven = ct && ct->uneven ? &ct->uneven->slices : nullptr;
  std::optional<Grid> whole;
  std::optional<double> middle;  // of the body
  io::DicomSegmentation seg;
  if (!ct) {
    seg = io::read_segmentation(options.input);
  } else {
    for (const Warning& warning : ct->warnings) spdlog::warn("{}", with_files(warning));
    whole = ct->volume.grid;
    middle = middle_of_body(ct->volume);
    seg = io::read_segmentation(options.input, &*whole, uneven);
    pipeline::check_same_frame(seg, *ct, options.input);
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
    if (whole) mask = pipeline::placed_on(*whole, mask, options.input);
    const std::string file = file_names(segment.label, segment.number) + extension;
    io::write_labels(out.stage(file), mask);
    const Count count = count_of(mask);
    char ml[48];
    std::snprintf(ml, sizeof ml, "%.4f",
                  uneven ? uneven->volumes_ml(mask)[1] : double(count.voxels) * mask.grid.voxel_ml());
    const std::string organ = pipeline::organ_of_segment(names, segment);
    for (const std::string& fault : faults_of(segment, organ, mask, middle))
      spdlog::warn("{}: {}", segment.label, fault);
    table +=
        csv_line({segment.label, organ.empty() ? "none" : organ, ml, std::to_string(count.slices), file});
  }
  write_file_atomically(out.stage("rois.csv"), table);
  out.commit();
  progress("writing masks", 1);
  spdlog::info("{} masks in {}", seg.segments.size(), options.output);
}

}  // namespace anatomynet::cli
