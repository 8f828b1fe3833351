#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/error.h"
#include "core/names.h"

namespace anatomynet::core {

/// A regular file opened for reading. Pipes, devices and folders, which have no size and may never end, are
/// refused. Errors carry the path and the system's reason, under the kind that was given.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path, ErrorKind kind = ErrorKind::input);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// In bytes, as it was when the file was opened.
  std::uint64_t size() const { return size_; }
  /// Fills `to` from the byte at `offset` on; fewer bytes only where the file ends.
  std::size_t read_at(std::uint64_t offset, std::span<char> to) const;

 private:
  std::string path_;
  ErrorKind kind_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// The whole file, refused when it is larger than `most` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t most,
                      ErrorKind kind = ErrorKind::input);

}  // namespace anatomynet::core
