#include "core/output.h"

#include <cerrno>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <string_view>
#include <system_error>

#include <sys/stat.h>

#include "core/error.h"
#include "core/file_name.h"
#include "core/output_commit.h"
#include "core/parallel_for.h"
#include "core/temporary_file.h"

namespace anatomynet::core {
namespace fs = std::filesystem;
namespace {

constexpr int most_tries = 100;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + reason +
                                     "; choose a writable output with enough free space");
}

std::string random_letters() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> one(0, letters.size() - 1);
  std::string text;
  for (std::size_t i = 0; i < staging_letters; ++i) text += letters[one(device)];
  return text;
}

// As mkdtemp, but with the mode that the umask says.
fs::path new_staging_folder(const fs::path& folder) {
  for (int tries = 0; tries < most_tries; ++tries) {
    fs::path path = folder / (std::string(unfinished::hidden_prefix) + random_letters());
    if (::mkdir(path.c_str(), 0777) == 0) return path;
    if (errno != EEXIST) fail(folder, std::strerror(errno));
  }
  fail(folder, std::strerror(EEXIST));
}

void refuse_way_out(const fs::path& folder, const fs::path& relative) {
  if (!stays_inside(relative))
    throw Error(ErrorKind::output, folder.string() + ": '" + relative.string() +
                                       "' is no name of a file inside it; nothing was written there");
}

// Side by side where there are CPUs: a file system flushes several files in little more time than one.
void flush_all(const fs::path& staging) {
  std::vector<std::function<void()>> flushes;
  for (const auto& entry : fs::recursive_directory_iterator(staging)) {
    if (entry.is_regular_file()) flushes.push_back([file = entry.path()] { unfinished::flush_file(file); });
    if (entry.is_directory())
      flushes.push_back([folder = entry.path()] { unfinished::flush_folder(folder); });
  }
  parallel_for(flushes, 0);
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
  const std::lock_guard guard(unfinished::mutex());
  try {
    create();
  } catch (...) {
    lock_.reset();
    remove_created();
    throw;
  }
  unfinished::add(*this);
}

OutputFolder::~OutputFolder() {
  const std::lock_guard guard(unfinished::mutex());
  OutputFolder::discard();
  unfinished::remove(*this);
}

void OutputFolder::make_folders() {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path p = folder_; !p.empty() && !fs::exists(p, error); p = p.parent_path()) missing.push_back(p);
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (fs::create_directory(*it, error)) created_.push_back(*it);
    // EEXIST: it was there, and is gone when the library looks whether it is a folder.
    if (error == std::errc::no_such_file_or_directory || error == std::errc::file_exists)
      throw FolderGone(ErrorKind::output, it->string() + ": cannot write: " + error.message());
    if (error) fail(*it, error.message());
  }
}

void OutputFolder::create() {
  std::error_code error;
  folder_ = fs::absolute(folder_, error).lexically_normal();
  if (!folder_.has_filename()) folder_ = folder_.parent_path();
  const fs::file_status found = fs::status(folder_, error);  // once: another run may remove the folder
  if (fs::exists(found) && !fs::is_directory(found)) fail(folder_, "it is a file, not a folder");
  for (int tries = 0;; ++tries) {
    try {
      make_folders();
      lock_.emplace(folder_);
      break;
    } catch (const FolderGone&) {  // another run, which ended, has removed it
      if (tries == most_tries) throw;
    }
  }
  if (lock_->alone()) output::recover(folder_);
  staging_ = new_staging_folder(folder_);
}

void OutputFolder::remove_created() noexcept {
  std::error_code ignored;
  for (auto it = created_.rbegin(); it != created_.rend(); ++it) fs::remove(*it, ignored);
}

void OutputFolder::discard() noexcept {
  std::error_code ignored;
  // Another thread may still be writing into it: try again until nothing is left.
  for (int tries = 0; tries < most_tries && !staging_.empty() && fs::exists(staging_, ignored); ++tries)
    fs::remove_all(staging_, ignored);
  lock_.reset();
  if (!committed_) remove_created();
}

fs::path OutputFolder::stage(const fs::path& relative) {
  refuse_way_out(folder_, relative);
  fs::path path = staging_;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    path /= *part;
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(path, error)))
      throw Error(ErrorKind::output,
                  (folder_ / relative).string() +
                      ": a symbolic link lies in the way; another program has put it there");
    if (std::next(part) == relative.end()) break;
    fs::create_directory(path, error);
    if (error) fail(folder_ / relative, error.message());
  }
  return path;
}

void OutputFolder::replace(const fs::path& relative) {
  refuse_way_out(folder_, relative);
  replaced_.push_back(relative);
}

void OutputFolder::seal(const fs::path& relative) {
  refuse_way_out(folder_, relative);
  seal_ = relative;
}

void OutputFolder::commit() {
  const std::lock_guard guard(unfinished::mutex());
  flush_all(staging_);
  output::Commit(folder_, staging_, replaced_, seal_).run();
  committed_ = true;
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

void OutputFolder::commit(const ManifestFacts& facts) {
  seal(Manifest::name);
  const std::string manifest = manifest_json(staging_, facts);
  write_file_atomically(stage(Manifest::name), manifest);
  commit();
}

void tidy_folders_in(const fs::path& parent) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored) && output::holds_unfinished(it->path()))
      folders.push_back(it->path());
  }
  for (const fs::path& folder : folders) try {
      {
        const FolderLock lock(folder);
        if (lock.alone()) output::recover(folder);
      }
      fs::remove(folder, error);  // where it is empty
    } catch (const Error&) {
      continue;  // another run is at work there
    }
}

std::string with_final_paths(std::string text) {
  const std::string prefix = std::string("/").append(unfinished::hidden_prefix);
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    const auto end = at + prefix.size() + staging_letters;
    if (end < text.size() && text[end] == '/')
      text.erase(at, end - at);
    else
      at += prefix.size();
  }
  return text;
}

}  // namespace anatomynet::core
