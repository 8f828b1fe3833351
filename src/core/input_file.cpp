#include "core/input_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace anatomynet::core {

InputFile::InputFile(const std::filesystem::path& path, ErrorKind kind) : path_(path.string()), kind_(kind) {
  const auto fail = [&](const std::string& why) { throw Error(kind_, path_ + ": " + why); };
  // not to wait for whoever fills a pipe
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    const int why = errno;
    fail(why == ENOENT ? "no such file" : std::string("cannot open: ") + std::strerror(why));
  }
  struct stat about {};
  const bool known = ::fstat(descriptor_, &about) == 0, regular = known && S_ISREG(about.st_mode);
  if (!regular) {
    ::close(descriptor_);
    fail(known && S_ISDIR(about.st_mode) ? "not a file but a folder"
                                         : "not a regular file; expected no pipe and no device");
  }
  size_ = static_cast<std::uint64_t>(about.st_size);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      kind_(other.kind_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<char> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t n =
        ::pread(descriptor_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(kind_, path_ + ": cannot read: " + std::strerror(errno));
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::string read_file(const std::filesystem::path& path, std::uint64_t most, ErrorKind kind) {
  const InputFile file(path, kind);
  if (file.size() > most)
    throw Error(kind, path.string() + ": " + std::to_string(file.size()) + " bytes, expected at most " +
                          std::to_string(most));
  std::string bytes(file.size(), '\0');
  bytes.resize(file.read_at(0, bytes));
  return bytes;
}

}  // namespace anatomynet::core
