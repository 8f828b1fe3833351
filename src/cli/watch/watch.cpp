#include "acceptance/watch.h"

#include <cstdio>
#include <memory>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/exit_status.h"
#include "cli/app/progress_bar.h"
#include "cli/app/terminal_messages.h"
#include "core/csv.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/private_file.h"
#include "core/text.h"
#include "report/pages/watch_page.h"

namespace anatomynet::cli {
namespace {

constexpr int something_moved = 9;  // docs/errors.md

struct Options {
  std::string results, baseline, edited, output;
  int first = 30;
  acceptance::WatchOptions how;
};

void write(const std::string& folder, const nlohmann::ordered_json& record) {
  OutputFolder out(folder);
  write_file_atomically(out.stage("watch.html"), report::watch_page(record));
  write_file_atomically(out.stage("watch.json"), json_text(record, 1) + "\n");
  out.commit();
}

void watch(Options options) {
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  options.how.results = options.results;
  options.how.baseline = options.baseline;
  options.how.edited = options.edited;
  options.how.first = static_cast<std::size_t>(options.first);
  const acceptance::Watched watched = acceptance::watch(options.how, messages);
  if (!options.output.empty()) write(options.output, acceptance::record_of(watched));
  std::puts(clean_text(acceptance::line_of(watched)).c_str());
  for (const acceptance::Movement& m : watched.moved) {
    std::string cases;
    for (const std::string& name : m.cases) cases += (cases.empty() ? "" : " ") + name;
    std::puts(clean_text("  " + m.label + ": " + cases).c_str());
  }
  if (!watched.moved.empty()) throw ExitStatus{something_moved};
}

}  // namespace

Action declare_watch(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("RESULTS", options->results,
                 "Results as they came in: of segment --batch, or a node's store (its folder `results`)")
      ->type_name("DIR")
      ->required();
  app.add_option(
         "--baseline", options->baseline,
         "What was commissioned: the folder of commission, or other results; else the first of RESULTS")
      ->type_name("DIR");
  app.add_option("--first", options->first,
                 "Without --baseline: so many of the first results are the baseline")
      ->check(between(static_cast<int>(acceptance::least_baseline), 100000))
      ->capture_default_str();
  app.add_option("--edited", options->edited,
                 "Corrected contours of some of the results, as evaluate reads them: how much was edited is "
                 "watched too")
      ->type_name("PATH");
  app.add_option("--false-alarm", options->how.false_alarm,
                 "Probability that any chart gives a false alarm within 200 cases")
      ->check(between(0.01, 0.9))
      ->capture_default_str();
  app.add_option("-o,--output", options->output, "Folder for watch.html and watch.json")->type_name("DIR");
  return [options] { watch(*options); };
}

}  // namespace anatomynet::cli
