#include "report/records/csv_log.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/error.h"
#include "core/output.h"

namespace anatomynet::report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + std::strerror(reason) +
                                     "; choose a writable output with enough free space");
}

}  // namespace

CsvLog::CsvLog(std::filesystem::path path, Row columns)
    : path_(std::move(path)), columns_(std::move(columns)) {}

CsvLog::~CsvLog() { close(); }

void CsvLog::close() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

std::vector<CsvLog::Row> CsvLog::resume(const std::function<bool(const Row&)>& keep) {
  close();
  std::ifstream in(path_, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(in), {}};
  const std::string heading = csv_line(columns_);
  if (before.find('\n') != std::string::npos && !before.starts_with(heading)) {
    throw Error(ErrorKind::input, path_.string() + ": has other columns than this run writes (" +
                                      heading.substr(0, heading.size() - 1) + "); move it elsewhere");
  }
  std::vector<Row> rows;
  std::string after = heading;
  std::size_t at = heading.size();
  for (std::size_t end = before.find('\n', at); end != std::string::npos; end = before.find('\n', at)) {
    const std::string_view line = std::string_view(before).substr(at, end + 1 - at);
    at = end + 1;
    Row row = csv_cells(line.substr(0, line.size() - 1));
    if (row.size() != columns_.size() || !keep(row)) continue;
    after.append(line);
    rows.push_back(std::move(row));
  }
  if (after != before) write_file_atomically(path_, after);
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) fail(path_, errno);
  return rows;
}

void CsvLog::append(const Row& row) {
  const std::string line = csv_line(row);
  const off_t before = ::lseek(file_, 0, SEEK_END);
  for (std::size_t done = 0; done < line.size();) {
    const auto n = ::write(file_, line.data() + done, line.size() - done);
    if (n > 0) done += static_cast<std::size_t>(n);
    if (n < 0 && errno != EINTR) {
      const int reason = errno;
      if (before >= 0 && ::ftruncate(file_, before) != 0) fail(path_, reason);  // no half line stays
      fail(path_, reason);
    }
  }
}

}  // namespace anatomynet::report
