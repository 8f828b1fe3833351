#pragma once
#include <filesystem>
#include <memory>

#include "core/error.h"
#include "core/names.h"

namespace anatomynet::core {

/// The folder to lock is not there, or not any more.
struct FolderGone : Error {
  using Error::Error;
};

/// Keeps other processes out of a folder: an advisory lock (flock) on the hidden file .anatomynet-lock in it,
/// which goes with the lock. The system gives the lock of a dead process back, so that a file left behind
/// says nothing. This process may lock a folder several times.
class FolderLock {
 public:
  /// Throws FolderGone where there is no `folder`, and Error(output) at once where another process holds the
  /// lock, and where the file cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Nobody else can be writing here, also not this process: what lies there unfinished is of a dead run.
  /// Never on a file system that knows no locks, where two runs are not told apart either.
  bool alone() const;

 private:
  struct Held;
  std::shared_ptr<Held> held_;
  bool first_ = false;
};

}  // namespace anatomynet::core
