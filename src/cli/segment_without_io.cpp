#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "core/error.h"

// Stands in for segment in a build without ITK and DCMTK.
namespace anatomynet::cli {

static Action declare_segment(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [] {
    throw Error(ErrorKind::usage,
                "segment: this build reads and writes no images; configure with -DANATOMYNET_IO=ON");
  };
}

const Command segment_command{"segment", "Contour the organs at risk on a head-and-neck CT", "Contouring",
                              declare_segment};

}  // namespace anatomynet::cli
