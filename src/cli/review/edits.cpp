#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "core/error.h"
#include "core/output.h"
#include "review/edit_records.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::vector<std::string> stores;
  std::string folder, by = "organ";
};

void edits(const Options& options) {
  std::vector<std::string> notes;
  const auto records = review::read_edit_records({options.stores.begin(), options.stores.end()}, notes);
  for (const std::string& note : notes) spdlog::warn("{}", note);
  if (records.empty())
    throw Error(ErrorKind::input,
                "edits: no approved case was found; give stores of anatomynet review, or "
                "folders that hold some");
  OutputFolder out(options.folder);
  write_file_atomically(out.stage("edits.csv"), review::records_table(records));
  const std::vector<std::string>& names = review::grouping_names();
  const auto by =
      static_cast<review::Grouping>(std::find(names.begin(), names.end(), options.by) - names.begin());
  write_file_atomically(out.stage("groups.csv"), review::groups_table(records, by));
  write_file_atomically(out.stage("edits.html"), review::records_page(records, options.folder, by));
  out.commit();
  std::set<std::filesystem::path> cases;
  std::size_t unchanged = 0;
  for (const review::EditRecord& one : records) {
    cases.insert(one.store);
    unchanged += one.unchanged;
  }
  std::printf("%zu approved cases, %zu structures, %zu of them unchanged; %s\n", cases.size(), records.size(),
              unchanged, (std::filesystem::path(options.folder) / "edits.html").c_str());
}

}  // namespace

Action declare_edits(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("STORE", options->stores, "Stores of review, or folders that hold some at any depth")
      ->type_name("DIR")
      ->required();
  app.add_option(
         "--by", options->by,
         "Of each organ, control charts and rows of groups.csv for each model, weights, template, reviewer "
         "or role of its own; organ: one for all")
      ->check(one_of(review::grouping_names()))
      ->capture_default_str();
  app.add_option("-o,--output", options->folder, "Folder for edits.html, edits.csv and groups.csv")
      ->type_name("DIR")
      ->required();
  return [options] { edits(*options); };
}

}  // namespace anatomynet::cli
