#pragma once
#include <cstddef>
#include <filesystem>
#include <string_view>

#include "core/names.h"
#include "core/unfinished.h"

namespace anatomynet::core {

/// A file on its way to `path`, under a hidden name beside it that follows from its own. A lock (flock) on it
/// says that its process lives, so that one left by a killed run is taken over by the next that writes
/// `path`. Internal to the core module.
class TemporaryFile : unfinished::Item {
 public:
  /// Throws Error(output), naming `path`, as the others do. The umask takes bits of `mode` away.
  explicit TemporaryFile(std::filesystem::path path, unsigned mode = 0666);
  ~TemporaryFile() override;

  void write(std::string_view bytes);
  /// Flushes it to disk, unless it is staged, and gives it its final name. Without commit the destructor
  /// removes it.
  void commit();

 private:
  void discard() noexcept override;
  bool open(const std::filesystem::path& hidden);
  std::filesystem::path path_, hidden_;
  unsigned mode_;
  int fd_ = -1;
};

/// Removes a temporary file of a process that is dead; does nothing to one of a living process.
void remove_stale_temporary_file(const std::filesystem::path& hidden) noexcept;

/// Whether a file of this name is one of the above.
bool is_temporary_file_name(std::string_view name);

/// Letters by which an output folder's staging folders differ, after `unfinished::hidden_prefix`.
constexpr std::size_t staging_letters = 6;

/// Whether the path leads through a staging folder, which is flushed as a whole when it is committed.
bool is_staged(const std::filesystem::path& path);

}  // namespace anatomynet::core
