#include "core/folder_lock.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

namespace anatomynet::core {
namespace fs = std::filesystem;
namespace {

constexpr int most_tries = 100;  // other processes take the lock and let go of it in the meantime

using Inode = std::pair<dev_t, ino_t>;

std::mutex& table_mutex() {
  static auto* const mutex = new std::mutex;  // outlives static destruction
  return *mutex;
}

[[noreturn]] void fail_by(const fs::path& folder, int error) {
  const std::string text = folder.string() + ": cannot write: " + std::strerror(error);
  if (error == ENOENT) throw FolderGone(ErrorKind::output, text);
  throw Error(ErrorKind::output, text);
}

[[noreturn]] void fail(const fs::path& folder, const std::string& reason) {
  throw Error(ErrorKind::output, folder.string() + ": cannot write: " + reason);
}

// "process 12 on HOST", as the holder wrote it.
std::string holder(int fd) {
  std::array<char, 128> text{};
  const auto n = ::pread(fd, text.data(), text.size(), 0);
  std::string out(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  return out.substr(0, out.find('\n'));
}

std::string own_name() {
  std::array<char, 64> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(::getpid()) + " on " + host.data() + "\n";
}

}  // namespace

struct FolderLock::Held {
  fs::path file;
  Inode folder;
  int fd = -1;  // -1: the file system knows no locks

  static std::map<Inode, std::weak_ptr<Held>>& table() {
    static auto* const all = new std::map<Inode, std::weak_ptr<Held>>;
    return *all;
  }

  void take(const fs::path& where) {
    file = where / ".anatomynet-lock";
    for (int tries = 0; tries < most_tries; ++tries) {
      fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (fd < 0 && errno == EACCES)  // left by another user's run
        fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
      if (fd < 0) fail_by(where, errno);
      if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        const std::string who = holder(fd);
        ::close(fd);
        fd = -1;
        if (reason == EINTR) continue;
        if (reason != EWOULDBLOCK) {  // a file system without locks
          ::unlink(file.c_str());
          return;
        }
        fail(where, "another run writes there" + (who.empty() ? "" : " (" + who + ")") +
                        "; wait until it ends, or choose another output");
      }
      struct stat ours {
      }, on_disk{};
      if (::fstat(fd, &ours) == 0 && ::stat(file.c_str(), &on_disk) == 0 && ours.st_ino == on_disk.st_ino &&
          ours.st_dev == on_disk.st_dev) {
        const std::string name = own_name();
        // For messages alone: the lock holds without it, also on a full disk.
        if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
          const auto written = ::write(fd, name.data(), name.size());
        return;
      }
      ::close(fd);  // its last holder has removed it
    }
    fd = -1;
    fail(where, "its lock is taken again and again by other runs; choose another output");
  }

  ~Held() {
    if (fd < 0) return;
    ::unlink(file.c_str());
    ::close(fd);
  }
};

FolderLock::FolderLock(const fs::path& folder) {
  const std::lock_guard guard(table_mutex());
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) fail_by(folder, errno);
  const Inode inode{status.st_dev, status.st_ino};
  held_ = Held::table()[inode].lock();
  if (held_) return;
  first_ = true;
  held_ = std::make_shared<Held>();
  held_->folder = inode;
  held_->take(folder);
  Held::table()[inode] = held_;
}

FolderLock::~FolderLock() {
  const std::lock_guard guard(table_mutex());
  if (held_.use_count() == 1) Held::table().erase(held_->folder);
  held_.reset();
}

bool FolderLock::alone() const { return first_ && held_->fd >= 0; }

}  // namespace anatomynet::core
