#include "core/unfinished.h"

#include <cerrno>
#include <cstring>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "core/error.h"
#include "core/output.h"

namespace anatomynet::core {
namespace unfinished {
namespace {

std::set<Item*>& items() {
  static auto* const all = new std::set<Item*>;  // outlives static destruction, when a signal may still come
  return *all;
}

}  // namespace

std::mutex& mutex() {
  static auto* const one = new std::mutex;
  return *one;
}

void add(Item& item) { items().insert(&item); }
void remove(Item& item) { items().erase(&item); }

void flush_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  int reason = fd < 0 ? errno : 0;
  if (fd >= 0 && ::fsync(fd) != 0 && errno != EINVAL) reason = errno;
  if (fd >= 0) ::close(fd);
  if (reason)
    throw Error(ErrorKind::output, file.string() + ": cannot write: " + std::strerror(reason) +
                                       "; choose a writable output with enough free space");
}

void flush_folder(const std::filesystem::path& folder) noexcept {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace unfinished

std::unique_lock<std::mutex> discard_unfinished_output() noexcept {
  std::unique_lock lock(unfinished::mutex());
  for (unfinished::Item* item : unfinished::items()) item->discard();
  return lock;
}

}  // namespace anatomynet::core
