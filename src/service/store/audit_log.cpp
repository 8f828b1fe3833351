#include "service/store/audit_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json_text.h"
#include "core/sha256.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;

constexpr std::size_t chain_digits = 64;
constexpr off_t longest_line = 4096;

std::string first_chain() { return std::string(chain_digits, '0'); }

std::string chain_of(const std::string& before, const json& line) {
  Sha256 hash;
  hash.add_field(before);
  hash.add_field(json_text(line));
  return hash.hex();
}

// A line's chain, or nothing where it is none of ours.
std::string chain_in(const std::string& text) {
  const json line = json::parse(text, nullptr, false);
  return line.is_object() && line.contains("chain") && line["chain"].is_string()
             ? line["chain"].get<std::string>()
             : std::string();
}

class LockedFile {
 public:
  explicit LockedFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) fail();
  }
  ~LockedFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  /// The last whole line; what a kill left behind it goes.
  std::string last_line() {
    const off_t size = ::lseek(fd_, 0, SEEK_END), start = std::max<off_t>(0, size - 2 * longest_line);
    std::string tail(static_cast<std::size_t>(size - start), '\0');
    if (::pread(fd_, tail.data(), tail.size(), start) != static_cast<ssize_t>(tail.size())) fail();
    const std::size_t end = tail.rfind('\n');
    const std::size_t whole = end == std::string::npos ? 0 : end + 1;
    if (whole != tail.size() && ::ftruncate(fd_, start + static_cast<off_t>(whole)) != 0) fail();
    if (whole == 0) return "";
    const std::size_t before = end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
    const std::size_t from = before == std::string::npos ? 0 : before + 1;
    return tail.substr(from, end - from);
  }

  void append(const std::string& line) {
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fdatasync(fd_) != 0)
      fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::output, path_.string() + ": cannot write the audit log: " + std::strerror(errno) +
                                       "; look at the free space and the permissions of the store's folder");
  }

  const std::filesystem::path& path_;
  const int fd_;
};

}  // namespace

void AuditLog::write(const std::string& who, const std::string& did, std::int64_t job,
                     const std::string& with) {
  const std::lock_guard guard(mutex_);
  LockedFile file(file_);
  const std::string last = file.last_line();
  json line{{"at", utc_text(std::time(nullptr), iso_8601)}, {"who", who}, {"did", did}};
  if (job != 0) line["job"] = job;
  if (!with.empty()) line["with"] = with;
  line["chain"] = chain_of(last.empty() ? first_chain() : chain_in(last), line);
  file.append(json_text(line) + '\n');
}

AuditCheck check_audit_log(const std::filesystem::path& file, const std::string& kept) {
  std::ifstream in(file);
  if (!in)
    throw Error(ErrorKind::input, file.string() + ": cannot read the audit log: " + std::strerror(errno));
  AuditCheck found;
  found.last_chain = first_chain();
  for (std::string text; std::getline(in, text);) {
    json line = json::parse(text, nullptr, false);
    const std::string chain = chain_in(text);
    if (line.is_object()) line.erase("chain");
    if (chain.empty() || in.eof() || chain != chain_of(found.last_chain, line)) {
      found.broken_line = found.lines + 1;
      return found;
    }
    found.last_chain = chain;
    ++found.lines;
    if (chain == kept) found.kept_line = found.lines;
  }
  return found;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return entry.pw_name;
  return "user " + std::to_string(::getuid());
}

}  // namespace anatomynet::service
