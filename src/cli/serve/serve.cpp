#include <cstdio>
#include <memory>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/interrupt.h"
#include "cli/app/terminal_messages.h"
#include "cli/serve/serve_options.h"
#include "core/error.h"
#include "core/toml.h"
#include "inference/engine.h"
#include "service/node.h"
#include "service/rule_files.h"
#include "service/rules_config.h"

namespace anatomynet::cli {
namespace {

void check(const service::NodeConfig& config) {
  const std::vector<std::string> problems = service::check_node(config);
  if (problems.empty()) {
    std::puts("The configuration reads well; the store can be written; every destination answers.");
    return;
  }
  for (const std::string& problem : problems) spdlog::warn("{}", problem);
  throw Error(ErrorKind::usage, "serve --check: " + std::to_string(problems.size()) +
                                    " problems, see the warnings above; nothing was changed");
}

void serve(const ServeOptions& options) {
  if (options.action == "accounts") return act_on_accounts(options);
  if (options.verify && options.action != "audit")
    throw Error(ErrorKind::usage, "serve " + options.action + ": --verify is for serve audit");
  const service::NodeConfig config = service::read_node_config(options.config);
  std::vector<service::Rule> rules =
      service::read_rules(read_toml(options.config, "the node's configuration"), options.config);
  if (options.action != "run" && !options.check && options.dry_run.empty()) return act_on_jobs(options);
  TerminalMessages messages;
  service::check_rule_files(rules, options.config, messages);
  if (options.check) return check(config);
  if (!options.dry_run.empty()) return dry_run(options, rules, config.dicom.ae_title);
  if (!options.jobs.empty())
    throw Error(ErrorKind::usage, "serve: jobs are for serve jobs, retry, cancel, resend, release and purge");
  const GracefulStop stop;
  service::run_node(
      config, rules, messages, [&] { return stop.requested(); }, inference::make_engine);
}

}  // namespace

Action declare_serve(CommandLine& app) {
  const auto options = std::make_shared<ServeOptions>();
  app.add_option(
         "ACTION", options->action,
         "run: receive CTs, contour them, send the results, until SIGTERM or Ctrl-C; jobs: list jobs, "
         "or tell the history of those given; retry, cancel, resend, release (after review), purge: the "
         "jobs given, also while the node runs; audit: follow the chain of audit.log; accounts: add NAME "
         "--role ROLE, remove NAME, password NAME or list, of the HTTP server")
      ->check(one_of({"run", "jobs", "retry", "cancel", "resend", "release", "purge", "audit", "accounts"}))
      ->capture_default_str();
  app.add_option("JOB", options->jobs,
                 "Numbers of jobs; of audit: CHAIN; of accounts: what is done, and NAME");
  app.add_option("--config", options->config, "The node's configuration, TOML (docs/node.md)")
      ->type_name("FILE")
      ->required();
  app.add_flag("--check", options->check,
               "Only check the configuration, the store and whether the destinations answer (C-ECHO)");
  declare_dry_run(app, *options);
  app.add_option(
         "--role", options->role,
         "accounts add: what the account may do: view (worklist, reports), review (release too), administer "
         "(everything), send (STOW-RS alone)")
      ->check(one_of({"view", "review", "administer", "send"}));
  app.add_flag(
      "--verify", options->verify,
      "audit: follow the chain, as without it; before a CHAIN of 64 digits that was kept elsewhere: look "
      "for it too, so that lines cut off at the end are noticed");
  app.add_flag("--json", options->json, "jobs, --dry-run: as JSON");
  return [options] { serve(*options); };
}

}  // namespace anatomynet::cli
