#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"

namespace anatomynet::service {

/// The store's folder, readable by its owner alone (0700):
///
///     node.db, audit.log            what is known
///     arrivals.jsonl                figures of all results, without patients
///     incoming/                     files on their way in; emptied at the start
///     instances/ab/abcd....dcm      what was received, by hash of UIDs and data set; never changed
///     work/<job>/                   of a contouring program that runs; emptied at the start
///     results/<job>/                what it made, whole
///
/// No name in it comes from outside. Errors: Error(output) with the path and the system's reason.
class StoreFiles {
 public:
  explicit StoreFiles(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path database() const { return folder_ / "node.db"; }
  std::filesystem::path audit_log() const { return folder_ / "audit.log"; }
  std::filesystem::path arrivals() const { return folder_ / "arrivals.jsonl"; }
  std::filesystem::path results_folder() const { return folder_ / "results"; }
  std::filesystem::path instance(const std::string& content) const;
  std::filesystem::path work(std::int64_t job) const { return folder_ / "work" / std::to_string(job); }
  std::filesystem::path results(std::int64_t job) const { return results_folder() / std::to_string(job); }

  /// The name of a file that no other thread uses.
  std::filesystem::path new_incoming();

  /// Gives an incoming file, which is whole, its final name; file and name are on disk when it returns.
  void keep(const std::filesystem::path& incoming, const std::string& content) const;

  /// Gives what lies in `made`, flushed to disk as a whole, the place of a job's results.
  void keep_results(const std::filesystem::path& made, std::int64_t job) const;

  /// Hashes of all instances that lie here.
  std::vector<std::string> contents() const;
  /// Jobs of which results lie here.
  std::vector<std::int64_t> jobs_with_results() const;

  /// Empties incoming/ and work/. For the one process that receives, before it does.
  void remove_unfinished() const;
  void remove_instance(const std::string& content) const;
  /// They are gone from the disk too when it returns: recovery takes up whole files that no row tells of.
  void remove_instances(const std::vector<std::string>& contents) const;
  void remove_results(std::int64_t job) const;

  /// Bytes that this process may still write there.
  std::uint64_t free_bytes() const;

 private:
  std::filesystem::path folder_;
  std::atomic<std::uint64_t> incoming_{0};
};

}  // namespace anatomynet::service
