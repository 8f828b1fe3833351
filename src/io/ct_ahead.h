#pragma once
#include <atomic>
#include <filesystem>
#include <future>

#include "core/progress.h"
#include "io/ct_image.h"

namespace anatomynet::io {

/// Reads a CT while the caller does something else; on one CPU, or where the system gives no thread, when it
/// is asked for.
class CtAhead {
 public:
  /// `progress` is called from the thread that reads.
  CtAhead(std::filesystem::path path, const ReadOptions& options, const Progress& progress);
  /// Ends the reading of a CT that nobody has asked for.
  ~CtAhead();
  CtAhead(const CtAhead&) = delete;
  CtAhead& operator=(const CtAhead&) = delete;

  /// The CT, once. Errors as read_ct's.
  CtImage get() { return ct_.get(); }

 private:
  std::atomic<bool> wanted_ = true;
  std::future<CtImage> ct_;
};

}  // namespace anatomynet::io
