#include "cli/train/study_config.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>

#include "cli/train/train_config.h"
#include "core/checksum.h"
#include "core/toml_section.h"
#include "network/network.h"
#include "training/loss/losses.h"

namespace anatomynet::cli {
namespace {

using Seeds = std::vector<std::uint64_t>;

Seeds read_seeds(Section& section, const Seeds& usual) {
  if (!section.find("seeds")) return usual;
  std::set<std::uint64_t> seen;
  Seeds out;
  for (const std::int64_t seed : section.list<std::int64_t>("seeds", 0)) {
    if (seed < 0) section.fail(*section.find("seeds"), "seeds", "must not be negative");
    if (!seen.insert(static_cast<std::uint64_t>(seed)).second)
      section.fail(*section.find("seeds"), "seeds", "holds " + std::to_string(seed) + " twice");
    out.push_back(static_cast<std::uint64_t>(seed));
  }
  if (out.empty()) section.fail(*section.find("seeds"), "seeds", "must name at least one seed");
  return out;
}

// Part of a path.
void check_name(Section& section, const std::string& name) {
  const bool plain =
      !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '+';
      });
  if (plain) return;
  if (section.find("name"))
    section.fail(*section.find("name"), "name", "must be letters, digits and -_.+ only");
  section.fail_table("needs a name");
}

// Of what the file says, not of its comments.
std::string fingerprint(const std::filesystem::path& file) {
  std::ostringstream text;
  text << read_toml(file.string(), "a training configuration (TOML)");
  char hex[20];
  std::snprintf(hex, sizeof hex, "%016llx", (unsigned long long)checksum(text.str()));
  return hex;
}

study::Variant read_variant(Section section, const training::TrainOptions& base, const Seeds& seeds) {
  study::Variant v;
  v.options = base;
  section.take("name", v.name);
  check_name(section, v.name);
  section.take("group", v.group);
  section.take_one_of("architecture", v.options.architecture, network::architectures());
  section.take_one_of("loss", v.options.loss, training::loss_names());
  section.take("lambda", v.options.lambda, 0, 1000);
  take_missing(section, v.options.missing);
  bool weighted = v.options.weights_by_counts;
  section.take("weighted", weighted);
  v.options.weights_by_counts = weighted;
  if (section.find("weighted") && !weighted) v.options.class_weights.clear();
  v.seeds = read_seeds(section, seeds);
  v.options.name = v.name;
  section.finish();
  return v;
}

}  // namespace

StudyConfig read_study_config(const std::filesystem::path& path) {
  const std::string file = path.string();
  const toml::table root = read_toml(file, "a study (TOML)");
  Section top(root, file, "");
  StudyConfig config;
  study::Study& study = config.study;
  study.name = path.stem().string();
  top.take("name", study.name);
  check_name(top, study.name);
  top.take("data", config.data);
  if (!config.data.empty()) config.data = (path.parent_path() / config.data).string();
  std::string base;
  top.take("base", base);
  if (base.empty())
    throw Error(ErrorKind::usage, file +
                                      ":1: base is missing; it names the training configuration that all "
                                      "variants share, relative to this file");
  const TrainConfig train = read_train_config(path.parent_path() / base);
  study.input = train.input;
  study.base = fingerprint(path.parent_path() / base);
  top.take("held_out", study.held_out, 0.01, 0.9);
  auto held_out_seed = static_cast<std::int64_t>(study.held_out_seed);
  top.take("held_out_seed", held_out_seed, 0, 9e18);
  study.held_out_seed = static_cast<std::uint64_t>(held_out_seed);
  top.take("same_case_suffix", study.same_case_suffix);
  top.take("reference", study.reference);
  const Seeds seeds = read_seeds(top, {1});
  const toml::node* variants = top.find("variant");
  if (!variants || !variants->is_array_of_tables())
    throw Error(ErrorKind::usage, file + ":" +
                                      (variants ? std::to_string(variants->source().begin.line) : "1") +
                                      ": no variant; write each as [[variant]]");
  std::set<std::string> names;
  for (const auto& node : *variants->as_array()) {
    Section section(*node.as_table(), file, "variant.");
    study.variants.push_back(read_variant(section, train.options, seeds));
    if (!names.insert(study.variants.back().name).second)
      section.fail(*section.find("name"), "name", "\"" + study.variants.back().name + "\" is taken already");
  }
  if (study.reference.empty()) study.reference = study.variants.front().name;
  if (!names.contains(study.reference))
    top.fail(*top.find("reference"), "reference", "\"" + study.reference + "\" is none of the variants");
  top.finish();
  return config;
}

std::vector<study::TableRow> table_rows(const study::Study& study) {
  std::vector<study::TableRow> rows;
  for (const study::Variant& v : study.variants) rows.push_back({v.name, v.group, v.seeds});
  return rows;
}

}  // namespace anatomynet::cli
