#include <iterator>
#include <vector>

#include "cli/app/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_convert(CommandLine& app);
Action declare_curate(CommandLine& app);
Action declare_edits(CommandLine& app);
Action declare_evaluate(CommandLine& app);
Action declare_phantom(CommandLine& app);
Action declare_review(CommandLine& app);
Action declare_serve(CommandLine& app);
Action declare_watch(CommandLine& app);

namespace {

constexpr Command table[] = {
    {"serve", "Be a DICOM node: contour the CTs that come in, send the structure sets on", "Service",
     declare_serve},
    {"review", "Look at a case's contours in the browser, correct and approve them", "Contouring",
     declare_review},
    {"evaluate", "Measure contours against the truth, organ by organ, over many cases; compare two models",
     "Measuring", declare_evaluate},
    {"edits", "Say how much contours were changed in review, over many approved cases and time", "Measuring",
     declare_edits},
    {"watch", "Say whether what arrives is still what was commissioned", "Measuring", declare_watch},
    {"curate", "Make one clean, leak-free data set from hospitals' and archives' cases", "Data",
     declare_curate},
    {"convert", "Turn RTSTRUCT contours into masks on the CT's grid, or masks into an RTSTRUCT", "Data",
     declare_convert},
    {"phantom", "Make a synthetic head-and-neck patient with known organs", "Data", declare_phantom},
};

}  // namespace

std::span<const Command> other_commands() { return table; }

std::span<const Command> commands() {
  static const std::vector<Command> all = [] {
    const auto engines = engine_commands(), network = network_commands();
    std::vector<Command> rows(engines.begin(), engines.end());
    rows.insert(rows.end(), network.begin(), network.end());
    rows.insert(rows.end(), std::begin(table), std::end(table));
    return rows;
  }();
  return all;
}

}  // namespace anatomynet::cli
