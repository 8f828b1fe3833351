#pragma once
#include <filesystem>
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
  void commit();

 private:
  void discard() noexcept;
  std::filesystem::path folder_, staging_;
  std::vector<std::filesystem::path>
      created_;  ///< folders made here, outermost first; removed again without commit
  bool committed_ = false;
};

/// Writes one file whole or not at all: temporary name beside it, flushed to disk, renamed.
void write_file_atomically(const std::filesystem::path& path, const std::string& bytes);

}  // namespace anatomynet
