#include "cli/app/dicom_options.h"

#include "cli/app/command_line.h"

namespace anatomynet::cli {

void add_dicom_output_options(CommandLine& app, pipeline::DicomOutputOptions& options,
                              const std::string& default_objects) {
  options.objects = default_objects;
  std::vector<std::string> choices{"rtstruct", "seg"};
  if (default_objects == "both") choices.insert(choices.begin(), "both");
  app.add_option(
         "--dicom", options.objects,
         "DICOM objects to write: RT Structure Set (for planning systems) or Segmentation (for archives "
         "and viewers)")
      ->check(one_of(choices))
      ->capture_default_str();
  auto* append =
      app.add_option("--append-to", options.append_to,
                     "RTSTRUCT of the same CT: rtstruct.dcm is a copy of it with the new ROIs added")
          ->type_name("FILE");
  app.add_option("--template,--names", options.template_file,
                 "TOML file: names, colours, types and order of structures in DICOM objects, which are "
                 "written, and structures derived from organs, such as margins (docs/templates.md)")
      ->type_name("FILE");
  app.add_option("--holes", options.holes,
                 "RTSTRUCT: holes by keyholes, which every reader fills rightly, or as contours of their own "
                 "(CLOSEDPLANAR_XOR)")
      ->check(one_of({"keyhole", "xor"}))
      ->capture_default_str();
  app.add_flag("--smooth", options.smooth,
               "RTSTRUCT: smooth contours instead of the voxels' staircase; they hold the same voxels");
  app.add_flag("--anonymise", options.anonymise,
               "Leave the patient's data out of what is written; UIDs stay, so the CT is still referred to")
      ->excludes(append);
}

}  // namespace anatomynet::cli
