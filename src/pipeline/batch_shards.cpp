#include "pipeline/batch_shards.h"

#include <charconv>
#include <chrono>
#include <map>
#include <thread>

#include "core/csv.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/output.h"

namespace anatomynet::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view lock_name = ".anatomynet-shard-";
constexpr std::uint64_t most_table_bytes = std::uint64_t{4} << 30;

fs::path lock_folder(const fs::path& folder, const Shard& shard) {
  return folder / (std::string(lock_name) + shard.file_text());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(ErrorKind::output, folder.string() + ": cannot write: " + error.message());
}

// The lock of the whole folder is taken for a moment: many shards that begin together wait for each other.
void require_no_whole_run(const fs::path& folder) {
  constexpr int most_tries = 200;
  for (int tries = 1;; ++tries) try {
      const FolderLock lock(folder);
      return;
    } catch (const Error&) {
      if (tries == most_tries) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

// "summary-2-of-8.csv".
std::optional<Shard> shard_of(const std::string& file) {
  constexpr std::string_view start = "summary-", between = "-of-", end = ".csv";
  if (!file.starts_with(start) || !file.ends_with(end)) return std::nullopt;
  std::string text = file.substr(start.size(), file.size() - start.size() - end.size());
  const std::size_t at = text.find(between);
  if (at == std::string::npos) return std::nullopt;
  text.replace(at, between.size(), "/");
  try {
    return shard_from(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::map<std::size_t, fs::path> tables_in(const fs::path& folder) {
  std::map<std::size_t, fs::path> tables;
  std::size_t count = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto shard = shard_of(it->path().filename().string());
    if (!shard) continue;
    if (count != 0 && shard->count != count)
      throw Error(ErrorKind::input, folder.string() + ": holds shards of " + std::to_string(count) +
                                        " and of " + std::to_string(shard->count) +
                                        "; remove the summary-*.csv of the division that does not count");
    count = shard->count;
    tables[shard->index] = it->path();
  }
  if (error) throw Error(ErrorKind::input, folder.string() + ": cannot read: " + error.message());
  if (tables.empty())
    throw Error(
        ErrorKind::input,
        folder.string() + ": no summary-I-of-N.csv; expected the output of segment --batch --shard I/N");
  for (std::size_t i = 0; i < count; ++i)
    if (!tables.contains(i))
      throw Error(ErrorKind::input,
                  folder.string() + ": shard " + Shard{i, count}.text() +
                      " is missing; run it, or the batch without --shard, which does what is left");
  return tables;
}

}  // namespace

fs::path shard_table(const fs::path& folder, const Shard& shard) {
  return folder / ("summary-" + shard.file_text() + ".csv");
}

ShardLock::ShardLock(const fs::path& folder, const Shard& shard) : own_(lock_folder(folder, shard)) {
  make_folder(own_);
  lock_.emplace(own_);
  require_no_whole_run(folder);
}

ShardLock::~ShardLock() {
  lock_.reset();
  std::error_code ignored;
  fs::remove(own_, ignored);
}

void require_no_shard_runs(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->path().filename().string().starts_with(lock_name) || !it->is_directory(ignored)) continue;
    try {
      const FolderLock lock(it->path());
    } catch (const FolderGone&) {
      continue;
    }
    fs::remove(it->path(), ignored);  // of a killed run
  }
}

BatchOutcome merge_shards(const fs::path& folder) {
  const OutputFolder held(folder);
  require_no_shard_runs(folder);
  std::string heading;
  std::map<std::string, std::pair<std::string, fs::path>> lines;  // by case: its line, the table that has it
  BatchOutcome outcome{0, 0, 0, 0, folder / "summary.csv"};
  for (const auto& [index, table] : tables_in(folder)) {
    const std::string text = read_file(table, most_table_bytes);
    std::size_t at = text.find('\n') + 1;
    if (at == 0) throw Error(ErrorKind::input, table.string() + ": has no heading; run this shard again");
    if (heading.empty()) heading = text.substr(0, at);
    if (text.compare(0, at, heading) != 0)
      throw Error(ErrorKind::input, table.string() +
                                        ": has other columns than the other shards; were they run with " +
                                        "the same weights, organs and template?");
    const std::size_t columns = csv_cells(heading.substr(0, heading.size() - 1)).size();
    for (std::size_t end = text.find('\n', at); end != std::string::npos; end = text.find('\n', at)) {
      const std::string line = text.substr(at, end + 1 - at);
      at = end + 1;
      const CsvRow cells = csv_cells(std::string_view(line).substr(0, line.size() - 1));
      if (cells.size() != columns)
        throw Error(ErrorKind::input, table.string() + ": a line has " + std::to_string(cells.size()) +
                                          " cells, expected " + std::to_string(columns) +
                                          "; run this shard again");
      const auto [known, added] = lines.try_emplace(cells[0], line, table);
      if (!added)
        throw Error(ErrorKind::input, cells[0] + ": is in " + known->second.second.filename().string() +
                                          " and in " + table.filename().string() +
                                          "; each case belongs to one shard");
      ++outcome.cases;
      ++(cells[1] == "done" ? outcome.done : outcome.failed);
    }
    if (at != text.size())
      throw Error(ErrorKind::input, table.string() + ": the last line is torn; run this shard again");
  }
  std::string all = heading;
  for (const auto& [name, line] : lines) all += line.first;
  write_file_atomically(outcome.table, all);
  return outcome;
}

}  // namespace anatomynet::pipeline
