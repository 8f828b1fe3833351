#include "study/record.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"

namespace anatomynet::study {
namespace fs = std::filesystem;
namespace {

using nlohmann::ordered_json;

ordered_json scores_json(const ScoresByCase& scores) {
  ordered_json out = ordered_json::object();
  for (const auto& [organ, cases] : scores)
    for (const auto& [id, value] : cases) out[organ][id] = value;
  return out;
}

ScoresByCase scores_of(const fs::path& file, const ordered_json& json, const char* key, double highest) {
  ScoresByCase out;
  for (const auto& [organ, cases] : json.at(key).items())
    for (const auto& [id, value] : cases.items()) {
      const double number = value.is_number() ? value.get<double>() : std::nan("");
      if (!(number >= 0 && number <= highest))
        throw Error(ErrorKind::input, file.string() + ": " + key + " of " + organ + " in case " + id +
                                          " is " + json_text(value) +
                                          "; delete the file to measure the run again");
      out[organ][id] = number;
    }
  return out;
}

}  // namespace

void write_record(const fs::path& file, const RunRecord& r) {
  const ordered_json json{{"variant", r.variant},
                          {"group", r.group},
                          {"seed", r.seed},
                          {"definition", r.definition},
                          {"parameters", r.parameters},
                          {"epochs", r.epochs},
                          {"steps", r.steps},
                          {"seconds", r.seconds},
                          {"device", r.device},
                          {"program", r.program},
                          {"data", r.data},
                          {"validation_dice", r.validation_dice},
                          {"held_out_grid", r.held_out_grid},
                          {"held_out_dice", scores_json(r.held_out_dice)},
                          {"held_out_hd95_mm", scores_json(r.held_out_hd95_mm)}};
  write_file_atomically(file, json_text(json, 1) + "\n");
}

RunRecord read_record(const fs::path& file) {
  const auto json = read_json<ordered_json>(file);
  return reading_json(file.string() + ": no record of a run; delete it to measure the run again",
                      ErrorKind::input, [&] {
                        RunRecord r;
                        r.variant = json.at("variant");
                        r.group = json.at("group");
                        r.seed = json.at("seed");
                        r.definition = json.at("definition");
                        r.parameters = json.at("parameters");
                        r.epochs = json.at("epochs");
                        r.steps = json.at("steps");
                        r.seconds = json.at("seconds");
                        r.device = json.at("device");
                        r.program = json.at("program");
                        r.data = json.at("data");
                        r.validation_dice = json.at("validation_dice");
                        r.held_out_grid = json.at("held_out_grid");
                        r.held_out_dice = scores_of(file, json, "held_out_dice", 1);
                        r.held_out_hd95_mm = scores_of(file, json, "held_out_hd95_mm", 1e6);
                        return r;
                      });
}

fs::path run_folder(const fs::path& study, const std::string& variant, std::uint64_t seed) {
  return study / variant / ("seed-" + std::to_string(seed));
}

std::vector<RunRecord> read_records(const fs::path& study) {
  std::vector<RunRecord> out;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator it(study, error), end; !error && it != end; it.increment(error))
    if (it->path().filename() == "record.json") files.push_back(it->path());
  if (error) throw Error(ErrorKind::input, study.string() + ": cannot read the folder: " + error.message());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) out.push_back(read_record(file));
  return out;
}

}  // namespace anatomynet::study
