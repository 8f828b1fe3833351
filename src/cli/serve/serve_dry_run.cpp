#include <cstdio>

#include "cli/app/command_line.h"
#include "cli/app/progress_bar.h"
#include "cli/app/terminal_messages.h"
#include "cli/serve/serve_options.h"
#include "service/dry_run.h"

namespace anatomynet::cli {

void declare_dry_run(CommandLine& app, ServeOptions& options) {
  app.add_option("--dry-run", options.dry_run,
                 "Only say which rule would take each CT series of this folder, and why (docs/rules.md)")
      ->type_name("DIR")
      ->excludes("--check");
  app.add_option("--calling-ae", options.calling_ae,
                 "With --dry-run: the AE title that the series would come from")
      ->type_name("AE")
      ->needs("--dry-run");
}

void dry_run(const ServeOptions& options, const std::vector<service::Rule>& rules,
             const std::string& called_ae) {
  ProgressBar bar;
  TerminalMessages messages(bar.callback());
  const auto plans = service::dry_run(options.dry_run, rules, options.calling_ae, called_ae, messages);
  std::fputs((options.json ? service::plan_json(plans) : service::plan_table(plans)).c_str(), stdout);
}

}  // namespace anatomynet::cli
