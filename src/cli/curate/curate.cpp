#include <cstdio>
#include <memory>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/app/reading_options.h"
#include "cli/app/terminal_messages.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "curation/curate_config.h"
#include "curation/curated_set.h"
#include "curation/curator.h"
#include "io/dicom/dicom_index.h"
#include "pipeline/dataset_cases.h"
#include "report/pages/curation_page.h"
#include "report/views/preview.h"

namespace anatomynet::cli {
namespace {
namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> inputs;  ///< the configuration; or "merge" and the parts; or with kind the path
  std::string output, kind, split, data_root, shard;
  double pack_mm = 0;
  bool no_pictures = false, allow_gaps = false, fill_gaps = false, accept_damaged = false, anonymise = false;
};

curation::Curation single_source(const Options& options) {
  if (options.inputs.size() != 1) throw Error(ErrorKind::usage, "--kind takes one path");
  curation::Curation curation;
  curation::SourceTable table;
  table.kind = table.options.name = curation.name = options.kind;
  table.options.path = options.inputs[0];
  if (!options.split.empty())
    table.options.split = options.split == "training" ? curation::Split::training
                          : options.split == "test"   ? curation::Split::test
                                                      : curation::Split::validation;
  curation.sources.push_back(table);
  return curation;
}

void print(const nlohmann::ordered_json& j) {
  std::printf("%-20s %-9s %7s %9s %6s %8s\n", "source", "kind", "found", "expected", "kept", "dropped");
  for (const auto& s : j.at("sources"))
    std::printf("%-20s %-9s %7zu %9s %6zu %8zu\n", s.at("name").get<std::string>().c_str(),
                s.at("kind").get<std::string>().c_str(), s.at("found").get<std::size_t>(),
                s.at("expected").is_null() ? "-" : json_text(s.at("expected")).c_str(),
                s.at("kept").get<std::size_t>(), s.at("dropped").get<std::size_t>());
  std::printf("\n%-20s %9s %11s %6s\n", "organ", "training", "validation", "test");
  for (const auto& [organ, counts] : j.at("organs").items())
    std::printf("%-20s %9d %11d %6d\n", organ.c_str(), counts.value("training", 0),
                counts.value("validation", 0), counts.value("test", 0));
  for (const auto& leak : j.at("leaks"))
    std::printf("dropped %s (%s): the same as %s (%s), %s\n", leak.at("dropped").get<std::string>().c_str(),
                leak.at("split").get<std::string>().c_str(), leak.at("kept").get<std::string>().c_str(),
                leak.at("kept_split").get<std::string>().c_str(), leak.at("how").get<std::string>().c_str());
}

void report(const curation::CurationResult& result, const fs::path& folder) {
  const auto j =
      parse_json<nlohmann::ordered_json>(result.summary, "the curation's summary", ErrorKind::internal);
  write_file_atomically(folder / "curation.html", report::curation_page(j));
  for (const auto& source : j.at("sources"))
    for (const auto& note : source.at("notes"))
      if (note.at("kind") == "dropped")
        spdlog::warn("{}: {}", source.at("name").get<std::string>(), note.at("text").get<std::string>());
  for (const auto& entry : j.at("rejected"))
    spdlog::warn("{} rejected: {}", entry.at("id").get<std::string>(), entry.at("why").get<std::string>());
  print(j);
  spdlog::info("{} cases kept, {} dropped as the same scan, {} rejected; {} were finished before; see {}",
               result.kept, result.dropped, result.rejected, result.resumed,
               (folder / "curation.html").string());
  if (result.kept == 0 && result.starved > 0)
    throw Error(ErrorKind::memory, folder.string() + ": no case could be curated, " +
                                       std::to_string(result.starved) +
                                       " of them for lack of memory; curation.html names them");
  if (result.kept == 0)
    throw Error(ErrorKind::input, folder.string() + ": no case could be curated; curation.html says why");
  if (result.rejected + result.faults > 0)
    throw Error(ErrorKind::partial,
                folder.string() + ": " + std::to_string(result.kept) + " cases curated, but " +
                    std::to_string(result.rejected) + " rejected and " + std::to_string(result.faults) +
                    " files or ROIs not usable; curation.html names each with its reason");
}

// The packed file beside the data set; one of an earlier run would hold cases that are no longer in the set.
void pack(const fs::path& folder, double mm, const curation::CurationResult& result,
          const Progress& progress) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("packed-") && name.ends_with("mm.safetensors")) fs::remove(entry.path(), none);
  }
  if (mm == 0 || result.kept == 0) return;
  char name[64];
  std::snprintf(name, sizeof name, "packed-%gmm.safetensors", mm);
  TerminalMessages messages(progress);
  pipeline::pack_dataset(folder, dataset::InputOptions{.spacing = {mm, mm, mm}}, folder / name, messages);
}

void run(const Options& options) {
  ProgressBar bar;
  const auto finish = [&](const curation::CurationResult& result) {
    pack(options.output, options.pack_mm, result, bar.callback());
    report(result, options.output);
  };
  if (options.pack_mm != 0 && !options.shard.empty())
    throw Error(ErrorKind::usage, "--pack: a shard is part of a set; give --pack to the merge of the shards");
  if (options.inputs.size() > 1 && options.inputs[0] == "merge") {
    const std::vector<fs::path> parts(options.inputs.begin() + 1, options.inputs.end());
    const OutputFolder held(options.output);  // keeps other runs out until the report is written
    return finish(curation::merge_curated(parts, options.output, options.anonymise));
  }
  if (options.inputs.size() != 1)
    throw Error(ErrorKind::usage,
                "give one configuration, or merge and the folders to join; see anatomynet curate --help");
  if (options.anonymise && !options.shard.empty())
    throw Error(
        ErrorKind::usage,
        "--anonymise: shards are joined by who their patients are; give --anonymise to the merge of them");
  curation::Curation curation = options.kind.empty()
                                    ? curation::read_curate_config(options.inputs[0], options.data_root)
                                    : single_source(options);
  curation.accept_damaged = options.accept_damaged;
  curation.anonymise = options.anonymise;
  for (curation::SourceTable& source : curation.sources) {
    source.options.allow_gaps = options.allow_gaps;
    if (source.kind == "tcia") source.options.path = io::folder_of_dicomdir(source.options.path);
  }
  curation.fill_gaps = curation.fill_gaps || options.fill_gaps;
  curation::CurationRun how;
  how.progress = bar.callback();
  how.shard = shard_from(options.shard);
  if (!options.no_pictures)
    how.picture = [](const fs::path& file, const CtVolume& ct, const LabelVolume& labels,
                     const OrganTable& organs, const std::string& title) {
      report::PreviewOptions preview;
      preview.title = title;
      report::write_preview(file, ct, labels, organs, preview);
    };
  const OutputFolder held(options.output);
  finish(curation::curate(curation, options.output, how));
}

}  // namespace

Action declare_curate(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("INPUT", options->inputs,
                 "A curation (TOML, docs/data.md); or 'merge' and the folders of shards; or, with --kind, a "
                 "source's folder")
      ->type_name("PATH ...")
      ->required();
  app.add_option("-o,--output", options->output,
                 "Folder of the data set; a run that was stopped goes on in it")
      ->type_name("DIR")
      ->required();
  app.add_option("--kind", options->kind, "INPUT is one source of this kind, without a configuration")
      ->check(one_of(curation::source_kinds()));
  app.add_option("--split", options->split, "With --kind: of all its cases")
      ->check(one_of({"training", "validation", "test"}));
  app.add_option("--data-root", options->data_root,
                 "Where the configuration's relative paths start; its own folder where not given")
      ->type_name("DIR");
  add_threads_option(app, "; as many cases at once");
  app.add_option("--shard", options->shard, "Only the i-th of n shares, such as 2/8; join them with merge")
      ->type_name("i/n");
  app.add_option(
         "--pack", options->pack_mm,
         "Write DIR/packed-<MM>mm.safetensors too: the cases as training at MM mm sees them, compressed")
      ->check(between(0.5, 20.0))
      ->type_name("MM");
  add_allow_gaps(app, options->allow_gaps);
  app.add_flag("--fill-gaps", options->fill_gaps,
               "Contours: fill slices without any between others by shape interpolation (docs/geometry.md)");
  add_accept_damaged(app, options->accept_damaged);
  app.add_flag(
      "--anonymise", options->anonymise,
      "Write nowhere who the patients are, nor where their files lie; else curation.json holds the key");
  app.add_flag("--no-pictures", options->no_pictures, "Leave the picture of each case out");
  return [options] { run(*options); };
}

}  // namespace anatomynet::cli
