#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace anatomynet::cli {

struct ServeOptions {
  std::string config, action = "run";
  std::vector<std::string> jobs;
  bool check = false, json = false;
};

/// The actions of `serve` beside run: on the store of a node that may be running. Jobs and their histories go
/// to stdout.
void act_on_jobs(const ServeOptions& options);

}  // namespace anatomynet::cli
