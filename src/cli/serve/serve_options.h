#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "service/rules.h"

namespace anatomynet::cli {

class CommandLine;

struct ServeOptions {
  std::string config, action = "run", dry_run, calling_ae, role;
  std::vector<std::string> jobs;
  bool check = false, json = false, verify = false;
};

/// The actions of `serve` beside run: on the store of a node that may be running. Jobs and their histories go
/// to stdout.
void act_on_jobs(const ServeOptions& options);

/// serve accounts: lists and changes the file of accounts; passwords come from the terminal or stdin.
void act_on_accounts(const ServeOptions& options);

/// Declares --dry-run and what belongs to it, after --check.
void declare_dry_run(CommandLine& app, ServeOptions& options);

/// Which rule would take each CT series of a folder, on stdout.
void dry_run(const ServeOptions& options, const std::vector<service::Rule>& rules,
             const std::string& called_ae);

}  // namespace anatomynet::cli
