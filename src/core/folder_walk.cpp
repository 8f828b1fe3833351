#include "core/folder_walk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "core/error.h"

namespace anatomynet::core {
namespace {
namespace fs = std::filesystem;
using Kind = FolderWalk::PassedOver::Kind;

class Walker {
 public:
  explicit Walker(FolderWalk& walk) : walk_(walk) {}

  void run(const fs::path& root) {
    folders_.insert(root);
    while (!folders_.empty() || !links_.empty()) {
      // Links come last, so that a folder goes by its own path; the first by name of several.
      std::set<fs::path>& next = folders_.empty() ? links_ : folders_;
      read(next.extract(next.begin()).value());
    }
  }

 private:
  void pass_over(Kind kind, const fs::path& path, const std::string& reason) {
    walk_.passed_over.push_back({kind, path, reason});
  }

  void read(const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0)
      return pass_over(Kind::unreadable, folder, std::string("cannot be read: ") + std::strerror(errno));
    if (!seen_.emplace(status.st_dev, status.st_ino).second) return;
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      entries.push_back(*it);
    if (error) pass_over(Kind::unreadable, folder, "cannot read the folder: " + error.message());
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& one : entries) entry(one);
  }

  void entry(const fs::directory_entry& entry) {
    std::error_code error;
    const fs::file_status status = entry.status(error);
    if (entry.path().filename().string().starts_with('.'))
      pass_over(Kind::hidden, entry.path(), "hidden");
    else if (fs::is_directory(status))
      (entry.is_symlink(error) ? links_ : folders_).insert(entry.path());
    else if (fs::is_regular_file(status))
      walk_.files.push_back(entry.path());
    else if (error || !fs::exists(status))
      pass_over(Kind::unreadable, entry.path(), "cannot be read, or a link to nothing");
    else
      pass_over(Kind::no_file, entry.path(), "neither a file nor a folder");
  }

  FolderWalk& walk_;
  std::set<fs::path> folders_, links_;  // still to be read
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

FolderWalk walk_folder(const fs::path& root) {
  std::error_code error;
  const fs::directory_iterator readable(root, error);
  if (error) throw Error(ErrorKind::input, root.string() + ": cannot read the folder: " + error.message());
  FolderWalk walk;
  Walker(walk).run(root);
  std::sort(walk.files.begin(), walk.files.end());
  std::sort(walk.passed_over.begin(), walk.passed_over.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return walk;
}

}  // namespace anatomynet::core
