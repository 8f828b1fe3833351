#pragma once
#include <string>

#include "pipeline/dicom_output.h"

// What `segment` and `convert` share of writing DICOM objects.
namespace anatomynet::cli {

class CommandLine;

/// Declares --dicom (with `default_objects`; "both" is a choice where that is the default) and the options of
/// how contours are drawn, called and stored.
void add_dicom_output_options(CommandLine& app, pipeline::DicomOutputOptions& options,
                              const std::string& default_objects);

}  // namespace anatomynet::cli
