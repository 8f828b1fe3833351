#include "cli/app/command_line.h"

namespace anatomynet::cli {

Action declare_review(CommandLine& app) {
  return refuse(app,
                "this build has no review in the browser; configure with -DANATOMYNET_REVIEW=ON, with "
                "libcpp-httplib-dev");
}

Action declare_edits(CommandLine& app) { return declare_review(app); }

}  // namespace anatomynet::cli
