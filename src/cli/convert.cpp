#include "cli/convert.h"

#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "core/error.h"
#include "io/image_file.h"

namespace anatomynet::cli {
namespace {
namespace fs = std::filesystem;

void convert(const ConvertOptions& options) {
  std::error_code error;
  const fs::file_status input = fs::status(options.input, error);
  if (!fs::exists(input)) throw Error(ErrorKind::input, options.input + ": no such file or folder");
  if (fs::is_directory(input) || is_image_file_name(options.input)) {
    if (options.half_covered || options.fill_gaps || !options.format.empty())
      throw Error(ErrorKind::usage, "--half-covered, --fill-gaps and --format are for RTSTRUCT to masks; " +
                                        options.input + " holds masks");
    masks_to_contours(options);
  } else {
    contours_to_masks(options);
  }
}

}  // namespace

Action declare_convert(CLI::App& app) {
  const auto options = std::make_shared<ConvertOptions>();
  app.add_option("INPUT", options->input,
                 "RTSTRUCT; or a label map (NIfTI, NRRD, MetaImage), or a folder of masks, one file a ROI")
      ->type_name("PATH")
      ->required();
  app.add_option("--ct", options->ct, "The CT that the contours belong to: DICOM folder")
      ->type_name("DIR")
      ->required();
  app.add_option("-o,--output", options->output,
                 "From RTSTRUCT: folder for one mask a ROI and rois.csv; from masks: the RTSTRUCT, FILE.dcm")
      ->type_name("PATH")
      ->required();
  app.add_option("--series", options->series,
                 "Series Instance UID of the CT to take, where there are several")
      ->type_name("UID");
  app.add_flag("--half-covered", options->half_covered,
               "A voxel is in when half of it is covered, not when its centre is inside");
  app.add_flag("--fill-gaps", options->fill_gaps,
               "Fill slices without contours between contoured ones by shape interpolation");
  app.add_option("--format", options->format, "Of the masks; nii.gz where not given")
      ->check(CLI::IsMember({"nii.gz", "nrrd"}));
  return [options] { convert(*options); };
}

}  // namespace anatomynet::cli
