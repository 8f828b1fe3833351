#include "cli/app/reading_options.h"

#include "cli/app/command_line.h"

namespace anatomynet::cli {

void add_accept_damaged(CommandLine& app, bool& accept) {
  app.add_flag("--accept-damaged", accept,
               "DICOM: leave out damaged slices, with a warning for each, where they would be refused");
}

void add_allow_gaps(CommandLine& app, bool& allow) {
  app.add_flag(
      "--allow-gaps", allow,
      "DICOM: take a CT that lacks slices, or whose slices are more than 8 mm apart in places; the gaps "
      "are interpolated across and listed in a warning");
}

void add_acquisition(CommandLine& app, std::string& acquisition) {
  app.add_option(
         "--acquisition", acquisition,
         "DICOM: of a series in which the slices of several acquisitions lie between each other, the one "
         "that the message calls N")
      ->type_name("N");
}

}  // namespace anatomynet::cli
