#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "core/json_text.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string path;
  pipeline::FactOptions facts;
  bool json = false;
};

void run(const Options& o) {
  pipeline::Facts facts;
  {
    ProgressBar bar;
    facts = pipeline::facts_of(o.path, o.facts, bar.callback());
  }
  std::cout << (o.json ? json_text(facts, 2) + "\n" : pipeline::facts_text(facts));
}

}  // namespace

Action declare_info(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option(
         "PATH", o->path,
         "DICOM folder or file (CT, RTSTRUCT, SEG), image, weights, PyTorch checkpoint, data set, training "
         "run, or results of segment")
      ->type_name("PATH")
      ->required();
  app.add_flag("--json", o->json, "The same as JSON (docs/info.md)");
  app.add_flag(
      "--phi", o->facts.patient,
      "Also the patient's name and ID from DICOM, and the path in results; without it they are not shown");
  add_threads_option(app);
  return [o] { run(*o); };
}

}  // namespace anatomynet::cli
