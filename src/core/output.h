#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/folder_lock.h"
#include "core/manifest.h"
#include "core/names.h"
#include "core/unfinished.h"

namespace anatomynet::core {

/// Files that appear all together or not at all. Everything is written into a hidden folder inside its
/// destination; `commit` moves the files to their final names (each by rename). Without `commit` the
/// destructor leaves nothing. While it lives no other process can have an OutputFolder of the same folder.
/// Errors: Error(output) with the path and the system's reason.
class OutputFolder : unfinished::Item {
 public:
  /// Creates `folder` (and parents) if needed, locks it, and checks that it can be written. Removes what a
  /// killed run left unfinished in it; where it was killed within `commit`, the earlier files are restored.
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder() override;

  /// Where to write the file that will be `folder/relative`; parents inside the folder are created. Refuses
  /// what would leave the folder: an absolute path, "..", a way through a symbolic link.
  std::filesystem::path stage(const std::filesystem::path& relative);
  /// Removes an earlier run's file or folder when the new files appear.
  void replace(const std::filesystem::path& relative);
  /// The file that proves the others complete: an old one is removed first, the new one is written last,
  /// after all others are on disk.
  void seal(const std::filesystem::path& relative);

  /// All files get their final names, in an order that follows from these alone. Where one fails those from
  /// before are put back and Error(output) names it.
  void commit();
  /// The same, sealed by a manifest.json of all files.
  void commit(const ManifestFacts& facts);

 private:
  void discard() noexcept override;
  void create();
  void make_folders();
  void remove_created() noexcept;
  std::filesystem::path folder_, staging_;
  std::vector<std::filesystem::path>
      created_;  ///< folders made here, outermost first; removed again without commit
  std::vector<std::filesystem::path> replaced_;  ///< relative to folder_
  std::filesystem::path seal_;                   ///< the same; empty: none
  std::optional<FolderLock> lock_;
  bool committed_ = false;
};

/// For the folders directly in `parent`: what killed runs left unfinished in them goes, and folders that then
/// are empty. Leaves alone what another process has locked.
void tidy_folders_in(const std::filesystem::path& parent);

/// The text with staging folders taken out of its paths, so that a message names files as they would have
/// been called.
std::string with_final_paths(std::string text);

/// For a process that must end now: removes every staging folder and temporary file that is not committed.
/// While the returned lock is held no output can be made, committed or destroyed in another thread, so hold
/// it until the process is gone.
std::unique_lock<std::mutex> discard_unfinished_output() noexcept;

/// Writes one file whole or not at all: hidden name beside it, flushed to disk, renamed, folder flushed.
void write_file_atomically(const std::filesystem::path& path, const std::string& bytes);

}  // namespace anatomynet::core
