#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

namespace anatomynet::dataset {

/// A file's bytes as they lie in the system's cache, read when touched; not to be cut short while mapped
/// (replacing it by rename, as this program does, is harmless). Throws Error(input) naming the path.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace anatomynet::dataset
