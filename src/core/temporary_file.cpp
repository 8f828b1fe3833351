#include "core/temporary_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/checksum.h"
#include "core/error.h"
#include "core/output.h"
#include "core/private_file.h"

namespace anatomynet::core {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view prefix = ".anatomynet-tmp-";
constexpr int most_tries = 1000;  // as many threads or processes may write the same file at a time

[[noreturn]] void fail(const fs::path& path, int reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + std::strerror(reason) +
                                     "; choose a writable output with enough free space");
}

// By checksum: a name of 255 bytes has no room for more.
fs::path hidden_name(const fs::path& path, int number) {
  char text[64];
  std::snprintf(text, sizeof text, "%016llx-%d",
                static_cast<unsigned long long>(checksum(path.filename().native())), number);
  return path.parent_path() / (std::string(prefix) + text);
}

bool is_at(int fd, const fs::path& path) {
  struct stat open {
  }, on_disk{};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &on_disk) == 0 && open.st_ino == on_disk.st_ino &&
         open.st_dev == on_disk.st_dev;
}

bool locked(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

}  // namespace

bool is_staged(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) {
    return part.native().size() == unfinished::hidden_prefix.size() + staging_letters &&
           part.native().starts_with(unfinished::hidden_prefix);
  });
}

bool is_temporary_file_name(std::string_view name) { return name.starts_with(prefix); }

void remove_stale_temporary_file(const fs::path& hidden) noexcept {
  const int fd = ::open(hidden.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && is_at(fd, hidden)) ::unlink(hidden.c_str());
  ::close(fd);
}

// The umask decides the mode. False where a living process has a file of this name.
bool TemporaryFile::open(const fs::path& hidden) {
  remove_stale_temporary_file(hidden);
  fd_ = ::open(hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_);
  if (fd_ < 0 && errno == EEXIST) return false;
  if (fd_ < 0) fail(path_, errno);
  // Between creating and locking another process may have taken it for a dead one's.
  if (locked(fd_) && is_at(fd_, hidden)) return true;
  ::close(fd_);
  fd_ = -1;
  return false;
}

TemporaryFile::TemporaryFile(fs::path path, unsigned mode) : path_(std::move(path)), mode_(mode) {
  const std::lock_guard guard(unfinished::mutex());
  for (int number = 0; number < most_tries; ++number) {
    hidden_ = hidden_name(path_, number);
    if (!open(hidden_)) continue;
    unfinished::add(*this);
    return;
  }
  fail(path_, EEXIST);
}

TemporaryFile::~TemporaryFile() {
  const std::lock_guard guard(unfinished::mutex());
  TemporaryFile::discard();
  unfinished::remove(*this);
  if (fd_ >= 0) ::close(fd_);
}

// Leaves the descriptor alone: another thread may be writing.
void TemporaryFile::discard() noexcept {
  if (!hidden_.empty()) ::unlink(hidden_.c_str());
  hidden_.clear();
}

void TemporaryFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) fail(path_, errno);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void TemporaryFile::commit() {
  // What is staged goes on its way to the disk, so that the flush finds little left to do.
  if (is_staged(path_))
    ::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  else if (::fsync(fd_) != 0 && errno != EINVAL)
    fail(path_, errno);
  const std::lock_guard guard(unfinished::mutex());
  // A file system on a network may find out at closing that the disk is full. The copy keeps the lock.
  const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  const int closed = ::close(std::exchange(fd_, copy));
  if (closed != 0) fail(path_, errno);
  if (::rename(hidden_.c_str(), path_.c_str()) != 0) fail(path_, errno);
  hidden_.clear();
}

void write_private_file(const fs::path& path, const std::string& bytes) {
  TemporaryFile file(path, 0600);
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const fs::path& path, const std::string& bytes) {
  TemporaryFile file(path);
  file.write(bytes);
  file.commit();
  if (!is_staged(path)) unfinished::flush_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace anatomynet::core
