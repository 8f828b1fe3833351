#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/names.h"

// How staged files get their final names. Internal to the core module.
namespace anatomynet::core::output {

/// Moves what lies in a staging folder into its destination, as one step: what is in the way, and what is to
/// go, is moved aside first; a journal beside it lets the next run take back what a kill cut short.
class Commit {
 public:
  /// `replaced` and `seal` (may be empty) are relative to `folder`. Throws Error(output) where something is
  /// in the way that may not go.
  Commit(std::filesystem::path folder, std::filesystem::path staging,
         std::vector<std::filesystem::path> replaced, std::filesystem::path seal);

  /// Throws Error(output) that names a file, after having put everything back.
  void run();

 private:
  using Path = std::filesystem::path;
  void plan(const Path& in);
  bool is_replaced(const Path& relative) const;
  void write_journal() const;
  void move(const Path& from, const Path& to, const Path& named);
  void undo() noexcept;

  Path folder_, staging_, aside_;
  std::vector<Path> replaced_;
  Path seal_;
  std::vector<Path> old_, new_;  ///< to move aside and to place, relative, the seal among neither
  std::vector<Path> parents_;    ///< folders of the destination that change
  bool old_seal_ = false, new_seal_ = false;
  std::vector<std::pair<Path, Path>> moved_;
};

/// Ends what a dead run left in `folder`: a commit that was cut short is taken back, or ended where only
/// tidying was left; staging folders and temporary files go. The caller holds the folder's lock.
void recover(const std::filesystem::path& folder) noexcept;

/// Whether something hidden of ours lies directly in the folder.
bool holds_unfinished(const std::filesystem::path& folder) noexcept;

/// For tests: called before each step of a commit with its name (journal, aside, place, seal, tidy; restore),
/// so that a test can fail or kill the process there.
inline std::function<void(std::string_view step)> at_step;

}  // namespace anatomynet::core::output
