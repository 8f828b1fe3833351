#pragma once
#include <filesystem>
#include <optional>

#include "core/folder_lock.h"
#include "core/shard.h"
#include "pipeline/contour_batch.h"

namespace anatomynet::pipeline {

/// A shard's own line a case, in the output folder that all shards share: summary-2-of-8.csv.
std::filesystem::path shard_table(const std::filesystem::path& folder, const Shard& shard);

/// Keeps another run of the same shard, and runs of the whole batch, out of an output folder that the other
/// shards share: a lock of its own in a hidden folder there, which goes with it.
class ShardLock {
 public:
  /// Makes `folder` where it is not there. Throws Error(output) where the shard runs already, where a run of
  /// the whole batch works in the folder, and where it cannot be written.
  ShardLock(const std::filesystem::path& folder, const Shard& shard);
  ~ShardLock();
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;

 private:
  std::filesystem::path own_;
  std::optional<FolderLock> lock_;
};

/// Throws Error(output) that names the shard where one works in the folder.
void require_no_shard_runs(const std::filesystem::path& folder);

/// Joins the tables of all shards into summary.csv, in the order of the cases' names; the shards' tables
/// stay. Throws Error(input) where a shard is missing, where they are of several divisions, where their
/// columns differ and where a case is in two; Error(output) where one still works.
BatchOutcome merge_shards(const std::filesystem::path& folder);

}  // namespace anatomynet::pipeline
