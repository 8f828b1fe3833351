#include "cli/convert/convert.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/dicom_options.h"
#include "cli/app/reading_options.h"
#include "core/error.h"
#include "core/folder_walk.h"
#include "curation/ct_of_structures.h"
#include "io/dicom/dicom_seg.h"
#include "io/image/image_file.h"

namespace anatomynet::cli {
namespace {
namespace fs = std::filesystem;

// Options of writing DICOM objects, where masks are written.
void refuse_output_options(const ConvertOptions& options) {
  const pipeline::DicomOutputOptions& dicom = options.dicom;
  if (!dicom.append_to.empty() || !dicom.template_file.empty() || dicom.smooth || dicom.anonymise ||
      dicom.seg() || dicom.holes != "keyhole")
    throw Error(
        ErrorKind::usage,
        "--dicom, --append-to, --template, --holes, --smooth and --anonymise are for masks to DICOM; " +
            options.input + " is DICOM");
}

bool holds_images(const fs::path& folder) {
  const std::vector<fs::path> files = walk_folder(folder).files;
  return std::any_of(files.begin(), files.end(), io::is_image_file_name);
}

void convert(ConvertOptions options) {
  std::error_code error;
  const fs::file_status input = fs::status(options.input, error);
  if (!fs::exists(input)) throw Error(ErrorKind::input, options.input + ": no such file or folder");
  // A folder holds masks, or structure sets of which one belongs to the CT.
  const bool folder = fs::is_directory(input);
  const bool masks = folder ? holds_images(options.input) : io::is_image_file_name(options.input);
  if (folder && !masks && !options.ct.empty()) {
    options.input = curation::structure_set_for(options.input, options.ct, options.reading.series_uid);
    spdlog::info("reading {}", options.input);
  }
  const bool segments = !masks && io::is_segmentation(options.input);
  if (options.ct.empty() && !segments)
    throw Error(ErrorKind::usage, "--ct is required: the CT that " + options.input + " belongs to");
  if (masks) {
    if (options.half_covered || options.fill_gaps || !options.format.empty())
      throw Error(ErrorKind::usage, "--half-covered, --fill-gaps and --format are for DICOM to masks; " +
                                        options.input + " holds masks");
    masks_to_dicom(options);
    return;
  }
  refuse_output_options(options);
  if (!segments) {
    contours_to_masks(options);
    return;
  }
  if (options.half_covered || options.fill_gaps)
    throw Error(ErrorKind::usage, "--half-covered and --fill-gaps are for contours; " + options.input +
                                      " is a DICOM Segmentation");
  segments_to_masks(options);
}

}  // namespace

Action declare_convert(CommandLine& app) {
  const auto options = std::make_shared<ConvertOptions>();
  app.add_option("INPUT", options->input,
                 "RTSTRUCT or DICOM Segmentation, or a folder of RTSTRUCTs of which one belongs to the CT; "
                 "or a label map "
                 "(NIfTI, NRRD, MetaImage), or a folder of masks, one file a ROI")
      ->type_name("PATH")
      ->required();
  app.add_option("--ct", options->ct,
                 "The CT that the contours belong to: DICOM folder; a Segmentation can do without")
      ->type_name("DIR");
  app.add_option(
         "-o,--output", options->output,
         "From DICOM: folder for one mask a ROI and rois.csv; from masks: the RTSTRUCT or Segmentation, "
         "FILE.dcm")
      ->type_name("PATH")
      ->required();
  app.add_option("--series", options->reading.series_uid,
                 "Series Instance UID of the CT to take, where there are several")
      ->type_name("UID");
  add_accept_damaged(app, options->reading.accept_damaged);
  add_acquisition(app, options->reading.acquisition);
  add_allow_gaps(app, options->reading.allow_gaps);
  app.add_flag("--half-covered", options->half_covered,
               "A voxel is in when half of it is covered, not when its centre is inside");
  app.add_flag(
      "--fill-gaps", options->fill_gaps,
      "Fill slices without contours between contoured ones by shape interpolation (docs/geometry.md)");
  app.add_option("--format", options->format, "Of the masks; nii.gz where not given")
      ->check(one_of({"nii.gz", "nrrd"}));
  add_dicom_output_options(app, options->dicom, "rtstruct");
  return [options] { convert(*options); };
}

}  // namespace anatomynet::cli
