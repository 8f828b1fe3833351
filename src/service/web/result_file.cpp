#include "service/web/result_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace anatomynet::service {
namespace {

constexpr off_t most_bytes = 256 << 20;

}  // namespace

std::optional<std::string> read_result(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  std::optional<std::string> text;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= most_bytes) {
    text.emplace(static_cast<std::size_t>(info.st_size), '\0');
    std::size_t have = 0;
    while (have < text->size()) {
      const ssize_t got = ::read(fd, text->data() + have, text->size() - have);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    if (have != text->size()) text.reset();
  }
  ::close(fd);
  return text;
}

}  // namespace anatomynet::service
