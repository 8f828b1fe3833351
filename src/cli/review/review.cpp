#include <cstdio>
#include <memory>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include "cli/app/command_line.h"
#include "cli/app/interrupt.h"
#include "cli/app/progress_bar.h"
#include "cli/app/reading_options.h"
#include "cli/app/terminal_messages.h"
#include "inference/engine.h"
#include "review/serve_review.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string input, ct, store, model, holes = "keyhole", page;
  std::vector<std::string> compare;
  int port = 0;
  bool no_browser = false;
  io::ReadOptions reading;
};

// Whether one opens does not matter: the address is printed.
void open_browser(std::string url) {
  std::string program = "xdg-open";
  char* arguments[] = {program.data(), url.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
}

void review_case(const Options& options) {
  const GracefulStop stop;
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  review::ServeOptions how;
  how.open.input = options.input;
  how.open.ct = options.ct;
  how.open.reading = options.reading;
  how.open.reading.threads = 0;
  how.compare.assign(options.compare.begin(), options.compare.end());
  how.store = options.store;
  how.port = options.port;
  how.style.exclusive_or = options.holes == "xor";
  how.page = options.page;
  how.weights = options.model;
  how.make_engine = inference::make_engine;
  review::serve_review(
      how, messages, [&] { return stop.requested(); },
      [&](const std::string& url) {
        std::puts(url.c_str());
        std::fflush(stdout);
        if (!options.no_browser) open_browser(url);
      });
}

}  // namespace

Action declare_review(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("INPUT", options->input,
                 "Folder that segment wrote, or an RTSTRUCT, DICOM Segmentation or label map; stays as it is")
      ->type_name("PATH")
      ->required();
  app.add_option("--ct", options->ct,
                 "The CT it was drawn on: DICOM folder or file, NIfTI, NRRD or MetaImage; a result folder "
                 "knows its own")
      ->type_name("PATH");
  app.add_option("--store", options->store,
                 "Folder for draft, versions and approval; default: review in a result folder, else "
                 "NAME-review in the present folder")
      ->type_name("DIR");
  app.add_option(
         "--compare", options->compare,
         "Other structures on the same CT to be shown beside: the same kinds as INPUT; again for more")
      ->type_name("PATH");
  app.add_option("--model", options->model,
                 "Weights that contour a drawn box anew; default: the shipped ones, where they are found")
      ->type_name("FILE");
  app.add_option("--port", options->port, "On 127.0.0.1; 0: one that is free")
      ->check(between(0, 65535))
      ->capture_default_str();
  app.add_flag("--no-browser", options->no_browser, "Only print the page's address");
  app.add_option("--holes", options->holes,
                 "Holes in RTSTRUCT contours: keyhole, or xor (CLOSEDPLANAR_XOR, contours of their own)")
      ->check(one_of({"keyhole", "xor"}))
      ->capture_default_str();
  app.add_option("--series", options->reading.series_uid, "DICOM: Series Instance UID of the CT to take")
      ->type_name("UID");
  add_accept_damaged(app, options->reading.accept_damaged);
  add_acquisition(app, options->reading.acquisition);
  add_allow_gaps(app, options->reading.allow_gaps);
  app.add_option("--page", options->page, "The page's files, for who works on them")
      ->type_name("DIR")
      ->group("");
  return [options] { review_case(*options); };
}

}  // namespace anatomynet::cli
