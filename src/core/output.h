#pragma once
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace anatomynet {

/// Files that appear all together or not at all. Everything is written into a hidden folder beside its
/// destination; `commit` moves the files to their final names (each by rename). Without `commit` the
/// destructor leaves nothing. Errors: Error(output) with the path and the system's reason.
class OutputFolder {
 public:
  /// Creates `folder` (and parents) if needed and checks that it can be written.
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Where to write the file that will be `folder/relative`; parents inside the folder are created.
  std::filesystem::path stage(const std::filesystem::path& relative);
  /// An earlier run's file or folder that must not outlive this one: `commit` removes it before its own files
  /// appear.
  void replace(const std::filesystem::path& relative) { replaced_.push_back(relative); }
  void commit();

 private:
  friend std::unique_lock<std::mutex> discard_unfinished_output() noexcept;
  void create();
  void discard() noexcept;
  std::filesystem::path folder_, staging_;
  std::vector<std::filesystem::path>
      created_;  ///< folders made here, outermost first; removed again without commit
  std::vector<std::filesystem::path> replaced_;  ///< relative to folder_
  bool committed_ = false;
};

/// The text with staging folders taken out of its paths, so that a message names files as they would have
/// been called.
std::string with_final_paths(std::string text);

/// For a process that must end now: removes what every living OutputFolder has not committed. While the
/// returned lock is held no output folder can be made, committed or destroyed in another thread, so hold it
/// until the process is gone.
std::unique_lock<std::mutex> discard_unfinished_output() noexcept;

/// Writes one file whole or not at all: temporary name beside it, flushed to disk, renamed.
void write_file_atomically(const std::filesystem::path& path, const std::string& bytes);

}  // namespace anatomynet
