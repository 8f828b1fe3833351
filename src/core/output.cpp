#include "core/output.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

namespace anatomynet {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view staging_prefix = "/.anatomynet-";
constexpr std::size_t staging_random = 6;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + reason +
                                     "; choose a writable output with enough free space");
}

void flush_to_disk(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  if (fd < 0) fail(path, std::strerror(errno));
  const int failed = ::fsync(fd);
  const int reason = errno;
  ::close(fd);
  if (failed && reason != EINVAL) fail(path, std::strerror(reason));
}

// Every OutputFolder that is not destroyed yet, for discard_unfinished_output.
struct Living {
  std::mutex mutex;
  std::set<OutputFolder*> folders;
};

Living& living() {
  static auto* const all = new Living;  // outlives static destruction, when a signal may still come
  return *all;
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
  const std::lock_guard lock(living().mutex);
  create();
  living().folders.insert(this);
}

OutputFolder::~OutputFolder() {
  const std::lock_guard lock(living().mutex);
  discard();
  living().folders.erase(this);
}

std::unique_lock<std::mutex> discard_unfinished_output() noexcept {
  std::unique_lock lock(living().mutex);
  for (OutputFolder* folder : living().folders) folder->discard();
  return lock;
}

void OutputFolder::create() {
  std::error_code error;
  folder_ = fs::absolute(folder_, error).lexically_normal();
  if (!folder_.has_filename()) folder_ = folder_.parent_path();
  if (fs::exists(folder_, error) && !fs::is_directory(folder_, error))
    fail(folder_, "it is a file, not a folder");
  std::vector<fs::path> missing;
  for (fs::path p = folder_; !p.empty() && !fs::exists(p, error); p = p.parent_path()) missing.push_back(p);
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (!fs::create_directory(*it, error) && error) {
      discard();
      fail(*it, error.message());
    }
    created_.push_back(*it);
  }
  std::string pattern = folder_.string();
  pattern.append(staging_prefix).append(staging_random, 'X');
  if (!::mkdtemp(pattern.data())) {
    const int reason = errno;
    discard();
    fail(folder_, std::strerror(reason));
  }
  staging_ = pattern;
}

void OutputFolder::discard() noexcept {
  std::error_code ignored;
  // Another thread may still be writing into it: try again until nothing is left.
  for (int tries = 0; tries < 100 && !staging_.empty() && fs::exists(staging_, ignored); ++tries)
    fs::remove_all(staging_, ignored);
  if (committed_) return;
  for (auto it = created_.rbegin(); it != created_.rend(); ++it) fs::remove(*it, ignored);
}

fs::path OutputFolder::stage(const fs::path& relative) {
  const fs::path path = staging_ / relative;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(folder_ / relative, error.message());
  return path;
}

void OutputFolder::commit() {
  const std::lock_guard lock(living().mutex);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(staging_))
    if (entry.is_regular_file()) files.push_back(entry.path());
  for (const auto& file : files) flush_to_disk(file);
  for (const auto& old : replaced_) {
    std::error_code error;
    fs::remove_all(folder_ / old, error);
    if (error) fail(folder_ / old, error.message());
  }
  for (const auto& file : files) {
    const fs::path target = folder_ / file.lexically_relative(staging_);
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (!error) fs::rename(file, target, error);
    if (error) fail(target, error.message());
  }
  committed_ = true;
}

std::string with_final_paths(std::string text) {
  for (auto at = text.find(staging_prefix); at != std::string::npos; at = text.find(staging_prefix, at)) {
    const auto end = at + staging_prefix.size() + staging_random;
    if (end < text.size() && text[end] == '/')
      text.erase(at, end - at);
    else
      at += staging_prefix.size();
  }
  return text;
}

void write_file_atomically(const fs::path& path, const std::string& bytes) {
  std::string temporary = path.string() + ".tmp-XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) fail(path, std::strerror(errno));
  std::size_t done = 0;
  int reason = 0;
  while (done < bytes.size() && !reason) {
    const auto n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) reason = errno;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  if (!reason && ::fchmod(fd, 0644) != 0) reason = errno;
  if (!reason && ::fsync(fd) != 0) reason = errno;
  if (::close(fd) != 0 && !reason) reason = errno;
  if (!reason && ::rename(temporary.c_str(), path.c_str()) != 0) reason = errno;
  if (reason) {
    ::unlink(temporary.c_str());
    fail(path, std::strerror(reason));
  }
}

}  // namespace anatomynet
