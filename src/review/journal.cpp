#include "review/journal.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "core/checksum.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/output.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view magic = "anatomynet-draft-1\n";
constexpr std::size_t head_bytes = 4 + 8;
constexpr std::uint64_t largest_journal = 64ull << 30;

std::string framed(std::string_view record) {
  const auto length = static_cast<std::uint32_t>(record.size());
  const std::uint64_t sum = checksum(record);
  std::string out(head_bytes, '\0');
  std::memcpy(out.data(), &length, 4);
  std::memcpy(out.data() + 4, &sum, 8);
  return out.append(record);
}

/// Calls use(record) for each whole record; returns the size of the file up to the last.
template <class Use>
std::uint64_t each_record(const fs::path& file, std::uint64_t& size, Use use) {
  const InputFile in(file);
  size = in.size();
  if (size > largest_journal) throw Error(ErrorKind::input, file.string() + ": too large for a draft");
  std::string start(magic.size(), '\0');
  if (in.read_at(0, start) < start.size()) return 0;  // made, but never written
  if (start != magic)
    throw Error(ErrorKind::input, file.string() + ": is no draft of this program; move it away");
  std::uint64_t at = magic.size();
  char head[head_bytes];
  while (in.read_at(at, head) == head_bytes) {
    std::uint32_t length = 0;
    std::uint64_t sum = 0;
    std::memcpy(&length, head, 4);
    std::memcpy(&sum, head + 4, 8);
    if (length > Journal::longest_record || length > size - at - head_bytes) break;
    std::string record(length, '\0');
    if (in.read_at(at + head_bytes, record) < length || checksum(record) != sum) break;
    at += head_bytes + length;
    use(std::move(record));
  }
  return at;
}

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(fs::symlink_status(file, error));
}

}  // namespace

JournalContents read_journal(const fs::path& file) {
  JournalContents out;
  if (!is_there(file)) return out;
  std::uint64_t size = 0;
  const std::uint64_t whole =
      each_record(file, size, [&](std::string record) { out.records.push_back(std::move(record)); });
  out.torn = whole < size;
  return out;
}

Journal::Journal(fs::path file) : file_(std::move(file)) { open(); }

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

void Journal::open() {
  if (!is_there(file_)) write_file_atomically(file_, std::string(magic));
  std::uint64_t size = 0;
  size_ = each_record(file_, size, [](const std::string&) {});
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) throw Error(ErrorKind::output, file_.string() + ": cannot write: " + std::strerror(errno));
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  bool made = true;
  if (size_ == 0) {
    made = ::pwrite(fd_, magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size());
    size_ = magic.size();
  }
  if (!made || ::ftruncate(fd_, static_cast<off_t>(size_)) != 0 || ::fdatasync(fd_) != 0)
    throw Error(ErrorKind::output, file_.string() + ": cannot write: " + std::strerror(errno));
}

void Journal::append(std::string_view record) {
  if (record.size() > longest_record)
    throw Error(ErrorKind::input, "a change of " + std::to_string(record.size() >> 20) +
                                      " MB is too large; a box may hold less");
  const std::string bytes = framed(record);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done < bytes.size() || ::fdatasync(fd_) != 0) {
    const std::string reason = std::strerror(errno);
    if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
      // the torn record stays, and is overwritten or left out
    }
    throw Error(ErrorKind::output, file_.string() + ": the draft cannot be written: " + reason);
  }
  size_ += bytes.size();
}

void Journal::restart(std::string_view record) {
  write_file_atomically(file_, std::string(magic) + framed(record));
  open();
}

}  // namespace anatomynet::review
