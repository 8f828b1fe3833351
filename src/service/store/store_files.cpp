#include "service/store/store_files.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <set>
#include <system_error>

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/unfinished.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw Error(ErrorKind::output, path.string() + ": " + error.message() +
                                     "; look at the free space and the permissions of the store's folder");
}

void make_private(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, error);
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) fail(folder, error);
}

void rename_on_disk(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail(to, error);
  unfinished::flush_folder(to.parent_path());
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) fail(path, error);
}

// Where a file's flush takes its new name along, so that another flush would only cost time: ext4
// (fs/ext4/fsync.c, also without a journal) and XFS, whose log has the name and the inode's count of names in
// one transaction.
bool flushes_names_with_files(const fs::path& folder) {
  constexpr auto ext4 = 0xEF53, xfs = 0x58465342;
  struct statfs about {};
  return ::statfs(folder.c_str(), &about) == 0 && (about.f_type == ext4 || about.f_type == xfs);
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void flush_tree(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_symlink()) continue;
    if (entry.is_directory())
      flush_tree(entry.path());
    else
      unfinished::flush_file(entry.path());
  }
  unfinished::flush_folder(folder);
}

}  // namespace

StoreFiles::StoreFiles(fs::path folder) : folder_(std::move(folder)) {
  make_private(folder_);
  for (const char* name : {"incoming", "instances", "work", "results"}) make_private(folder_ / name);
  for (int first = 0; first < 256; ++first) {
    char name[3];
    std::snprintf(name, sizeof name, "%02x", static_cast<unsigned>(first));
    const fs::path made = folder_ / "instances" / name;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST)
      fail(made, std::error_code(errno, std::generic_category()));
  }
  unfinished::flush_folder(folder_ / "instances");
  unfinished::flush_folder(folder_);
}

fs::path StoreFiles::instance(const std::string& content) const {
  return folder_ / "instances" / content.substr(0, 2) / (content + ".dcm");
}

fs::path StoreFiles::new_incoming() { return folder_ / "incoming" / std::to_string(++incoming_); }

// A name that is there has the same bytes, and may be an answered instance's: it is never replaced. Flushing
// once the name is given is one commit of most file systems' journals instead of two.
void StoreFiles::keep(const fs::path& incoming, const std::string& content) const {
  const fs::path kept = instance(content);
  if (::link(incoming.c_str(), kept.c_str()) != 0 && errno != EEXIST)
    fail(kept, std::error_code(errno, std::generic_category()));
  ::unlink(incoming.c_str());
  unfinished::flush_file(kept);
  if (!flushes_names_with_files(folder_)) unfinished::flush_folder(kept.parent_path());
}

void StoreFiles::keep_results(const fs::path& made, std::int64_t job) const {
  try {
    flush_tree(made);
  } catch (const fs::filesystem_error& error) {
    fail(made, error.code());
  }
  remove_results(job);
  rename_on_disk(made, results(job));
}

std::vector<std::string> StoreFiles::contents() const {
  std::vector<std::string> found;
  for (const auto& folder : fs::directory_iterator(folder_ / "instances"))
    for (const auto& file : fs::directory_iterator(folder.path()))
      if (const std::string name = file.path().stem().string(); is_hash(name)) found.push_back(name);
  return found;
}

std::vector<std::int64_t> StoreFiles::jobs_with_results() const {
  std::vector<std::int64_t> found;
  for (const auto& entry : fs::directory_iterator(results_folder())) {
    const std::string name = entry.path().filename().string();
    std::int64_t job = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), job);
    if (error == std::errc{} && end == name.data() + name.size()) found.push_back(job);
  }
  return found;
}

void StoreFiles::remove_unfinished() const {
  for (const char* name : {"incoming", "work"})
    for (const auto& entry : fs::directory_iterator(folder_ / name)) remove_tree(entry.path());
}

void StoreFiles::remove_instance(const std::string& content) const { remove_tree(instance(content)); }
void StoreFiles::remove_instances(const std::vector<std::string>& contents) const {
  std::set<fs::path> folders;
  for (const std::string& content : contents) {
    remove_instance(content);
    folders.insert(instance(content).parent_path());
  }
  for (const fs::path& folder : folders) unfinished::flush_folder(folder);
}

void StoreFiles::remove_results(std::int64_t job) const { remove_tree(results(job)); }

std::uint64_t StoreFiles::free_bytes() const {
  std::error_code error;
  const fs::space_info space = fs::space(folder_, error);
  if (error) fail(folder_, error);
  return space.available;
}

}  // namespace anatomynet::service
