#include "service/watch/arrivals_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"

namespace anatomynet::service {

std::vector<acceptance::Arrival> ArrivalsFile::read(Messages& messages) const {
  std::vector<acceptance::Arrival> found;
  std::ostringstream whole;
  if (std::ifstream in{file_, std::ios::binary}) whole << in.rdbuf();
  const std::string text = whole.str();
  const std::size_t end = text.rfind('\n') + 1;  // 0 where there is none
  if (end != text.size()) std::filesystem::resize_file(file_, end);
  std::istringstream lines(text.substr(0, end));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = file_.string() + ':' + std::to_string(++number);
    try {
      found.push_back(acceptance::arrival_of(parse_json(line, where), where));
    } catch (const Error& error) {
      messages.warning(std::string(error.what()) + "; the line is left out");
    }
  }
  return found;
}

void ArrivalsFile::append(const acceptance::Arrival& arrival) const {
  const std::string line = json_text(acceptance::record_of(arrival)) + '\n';
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  const off_t before = fd < 0 ? 0 : ::lseek(fd, 0, SEEK_END);
  const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const std::string reason = std::strerror(errno);
  if (fd >= 0 && !written && ::ftruncate(fd, before) != 0) errno = 0;  // read() drops what is cut short
  if (fd >= 0) ::close(fd);
  if (!written)
    throw Error(ErrorKind::output, file_.string() + ": cannot be written: " + reason +
                                       "; look at the free space and the permissions of the store's folder");
}

}  // namespace anatomynet::service
