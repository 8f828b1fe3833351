#include "cli/app/command_line.h"

namespace anatomynet::cli {

Action declare_serve(CommandLine& app) {
  return refuse(app,
                "this build has no DICOM node; configure with -DANATOMYNET_SERVICE=ON, with libsqlite3-dev, "
                "libcpp-httplib-dev and libsodium-dev");
}

}  // namespace anatomynet::cli
