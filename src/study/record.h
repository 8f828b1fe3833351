#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace anatomynet::study {

/// Figures by organ, then case id.
using ScoresByCase = std::map<std::string, std::map<std::string, double>>;

/// One trained and measured network of a study: what its run leaves behind, and all that tables are made of.
struct RunRecord {
  std::string variant, group;
  std::uint64_t seed = 0;
  std::string definition;  ///< the run's options in words; another definition is another run
  std::int64_t parameters = 0, epochs = 0, steps = 0;
  double seconds = 0;  ///< of training and measuring, all sessions together
  std::string device, program, data;
  double validation_dice = 0;     ///< of the weights kept: mean of the organs' means
  ScoresByCase held_out_dice;     ///< of those weights, on cases that neither trained nor chose them
  ScoresByCase held_out_hd95_mm;  ///< only where defined
  std::string held_out_grid;      ///< "CT" or "network": the resolution that held-out cases are measured at
};

/// record.json, whole or not at all.
void write_record(const std::filesystem::path& file, const RunRecord& record);

/// Errors: Error(input) naming the file: not a record, a figure that is no number or lies outside its range.
RunRecord read_record(const std::filesystem::path& file);

/// Where a run lies below a study's folder, and all records there: <variant>/seed-<n>/record.json.
std::filesystem::path run_folder(const std::filesystem::path& study, const std::string& variant,
                                 std::uint64_t seed);
std::vector<RunRecord> read_records(const std::filesystem::path& study);

}  // namespace anatomynet::study
