#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/folder_lock.h"
#include "core/messages.h"
#include "review/version_files.h"

namespace anatomynet::review {

/// The folder in which a case's review is kept:
///
///     case.json            of which case it is
///     draft.journal        changes since the last version
///     versions/0000/       the structures before review; 0001/ and so on: what was saved, never overwritten
///     approved.json        which version is approved, by whom and when; edits.json, edits.csv: how it
///     differs editor.json          who has the case open
///
/// One process changes it; others see a whole version or none.
class VersionStore {
 public:
  /// Makes the folder where it is not there and takes its lock; where another process has it, this one only
  /// reads. Removes what a killed run left unfinished. Throws Error(output).
  VersionStore(std::filesystem::path folder, Messages& messages);

  bool read_only() const { return read_only_; }
  std::string editor() const;  ///< who holds the case, by editor.json
  /// Whether a store that is read only could be changed by now, since nobody holds it any more.
  bool is_free() const;
  /// Takes the lock where nobody holds it any more; false where somebody does. Not for two threads at a time.
  bool take_over(Messages& messages);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path journal() const { return folder_ / "draft.journal"; }
  std::filesystem::path folder_of(int version) const;

  /// Those that are whole, ascending.
  std::vector<VersionInfo> versions() const;
  bool has(int version) const;
  /// Throws Error(input) where a file is gone or is not what was written.
  Version read(int version, const Grid& grid) const;

  /// A new version: `write` makes its files, with the number that it gets. It appears whole or not at all.
  VersionInfo add(VersionInfo info, const std::function<void(OutputFolder&, VersionInfo&)>& write);

  /// The approved version by approved.json; nothing where none is.
  std::optional<VersionInfo> approved() const;
  /// Writes approved.json, and copies edits.json and edits.csv of that version.
  void set_approved(const VersionInfo& info);

 private:
  std::filesystem::path folder_;
  void begin_editing();

  std::unique_ptr<FolderLock> lock_;
  std::atomic<bool> read_only_{true};
  mutable std::mutex editor_mutex_;
  std::string editor_;
};

}  // namespace anatomynet::review
