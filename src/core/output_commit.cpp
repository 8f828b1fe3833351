#include "core/output_commit.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "core/error.h"
#include "core/file_name.h"
#include "core/temporary_file.h"
#include "core/unfinished.h"

namespace anatomynet::core::output {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view aside_ending = ".old";
constexpr const char* journal_name = "journal";

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + reason);
}

void at(std::string_view step) {
  if (at_step) at_step(step);
}

bool hidden(const fs::path& path) { return path.filename().native().starts_with(unfinished::hidden_prefix); }

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(fs::symlink_status(path, ignored));
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    out.push_back(it->path());
  std::sort(out.begin(), out.end());
  return out;
}

// What a journal says was under way, as far as it was written as a whole.
struct Journal {
  std::vector<fs::path> old_ones, new_ones;  // the seal, if any, is the first old and the last new one
  bool complete = false;
};

Journal read_journal(const fs::path& aside) {
  Journal journal;
  std::ifstream in(aside / journal_name, std::ios::binary);
  for (std::string entry; std::getline(in, entry, '\0');) {
    if (entry == "end") {
      journal.complete = true;
      return journal;
    }
    const fs::path relative = entry.substr(std::min<std::size_t>(entry.size(), 1));
    if (!stays_inside(relative)) return {};
    (entry.front() == 'o' ? journal.old_ones : journal.new_ones).push_back(relative);
  }
  return {};
}

// What had been placed goes, what had been moved aside comes back, the old seal last.
void take_back(const fs::path& folder, const fs::path& staging, const fs::path& aside,
               const Journal& journal) {
  std::error_code ignored;
  const auto came_back = [&](const fs::path& file) {  // in a recovery that was killed, too
    return std::find(journal.old_ones.begin(), journal.old_ones.end(), file) != journal.old_ones.end() &&
           !is_there(aside / file);
  };
  for (const fs::path& file : journal.new_ones)
    if (!is_there(staging / file) && !came_back(file)) fs::remove_all(folder / file, ignored);
  for (auto it = journal.old_ones.rbegin(); it != journal.old_ones.rend(); ++it) {
    at("restore");
    if (is_there(aside / *it)) fs::rename(aside / *it, folder / *it, ignored);
  }
  unfinished::flush_folder(folder);
}

void recover_commit(const fs::path& aside) {
  std::string name = aside.native();
  name.resize(name.size() - aside_ending.size());
  const fs::path staging = name;
  const Journal journal = read_journal(aside);
  const bool cut_short = std::any_of(journal.new_ones.begin(), journal.new_ones.end(),
                                     [&](const fs::path& file) { return is_there(staging / file); });
  if (journal.complete && cut_short) take_back(aside.parent_path(), staging, aside, journal);
  std::error_code ignored;
  fs::remove(aside / journal_name, ignored);
  fs::remove_all(staging, ignored);
  fs::remove_all(aside, ignored);
}

}  // namespace

Commit::Commit(Path folder, Path staging, std::vector<Path> replaced, Path seal)
    : folder_(std::move(folder)),
      staging_(std::move(staging)),
      aside_(staging_.native() + std::string(aside_ending)),
      replaced_(std::move(replaced)),
      seal_(std::move(seal)) {
  parents_.push_back(folder_);
  plan({});
  for (const Path& relative : replaced_)
    if (relative != seal_ && is_there(folder_ / relative) &&
        std::find(old_.begin(), old_.end(), relative) == old_.end())
      old_.push_back(relative);
  if (!seal_.empty()) {
    old_seal_ = is_there(folder_ / seal_);
    new_seal_ = is_there(staging_ / seal_);
  }
}

bool Commit::is_replaced(const Path& relative) const {
  return std::find(replaced_.begin(), replaced_.end(), relative) != replaced_.end();
}

// Whole folders where the destination has none of that name, or is to lose it; else what is in them.
void Commit::plan(const Path& in) {
  for (const Path& staged : entries_of(staging_ / in)) {
    std::error_code ignored;
    if (hidden(staged) || (is_folder(staged) && fs::is_empty(staged, ignored))) continue;
    const Path relative = in / staged.filename(), target = folder_ / relative;
    if (relative == seal_) continue;
    if (is_there(target) && !is_replaced(relative)) {
      if (is_folder(staged) && is_folder(target)) {
        parents_.push_back(target);
        plan(relative);
        continue;
      }
      if (is_folder(target)) fail(target, "it is a folder; move it elsewhere");
      if (is_folder(staged)) fail(target, "it is no folder; move it elsewhere");
    }
    if (is_there(target)) old_.push_back(relative);
    new_.push_back(relative);
  }
}

void Commit::write_journal() const {
  std::string text;
  const auto add = [&](char kind, const Path& relative) {
    text.append(1, kind).append(relative.native()).append(1, '\0');
  };
  if (old_seal_) add('o', seal_);
  for (const Path& relative : old_) add('o', relative);
  for (const Path& relative : new_) add('n', relative);
  if (new_seal_) add('n', seal_);
  text.append("end").append(1, '\0');
  std::error_code error;
  if (!fs::create_directory(aside_, error)) fail(folder_, error ? error.message() : "its journal exists");
  std::ofstream file(aside_ / journal_name, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) {
    fs::remove_all(aside_, error);
    fail(folder_, "no room for a journal; choose an output with enough free space");
  }
}

void Commit::move(const Path& from, const Path& to, const Path& named) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::rename(from, to, error);
  if (error) fail(named, error.message());
  moved_.emplace_back(from, to);
}

void Commit::undo() noexcept {
  std::error_code error;
  bool all = true;
  for (auto it = moved_.rbegin(); it != moved_.rend(); ++it) {
    fs::rename(it->second, it->first, error);
    all = all && !error;
  }
  if (all) fs::remove_all(aside_, error);  // else the next run tries again, by the journal
}

void Commit::run() {
  std::error_code ignored;
  if (new_.empty() && old_.empty() && !old_seal_ && !new_seal_) return;
  at("journal");
  write_journal();
  try {
    const auto put_aside = [&](const Path& relative) {
      at("aside");
      if (!is_there(folder_ / relative)) return;
      move(folder_ / relative, aside_ / relative, folder_ / relative);
    };
    if (old_seal_) put_aside(seal_);
    std::for_each(old_.begin(), old_.end(), put_aside);
    for (const Path& relative : new_) {
      at("place");
      move(staging_ / relative, folder_ / relative, folder_ / relative);
    }
    std::for_each(parents_.begin(), parents_.end(), unfinished::flush_folder);
    at("seal");
    if (new_seal_) {
      move(staging_ / seal_, folder_ / seal_, folder_ / seal_);
      unfinished::flush_folder(folder_);
    }
  } catch (...) {
    undo();
    throw;
  }
  at("tidy");
  fs::remove(aside_ / journal_name, ignored);
  fs::remove_all(aside_, ignored);
}

void recover(const fs::path& folder) noexcept try {
  std::error_code ignored;
  const std::vector<fs::path> found = entries_of(folder);
  for (const fs::path& entry : found)
    if (hidden(entry) && is_folder(entry) && entry.native().ends_with(aside_ending)) recover_commit(entry);
  for (const fs::path& entry : found) {
    if (!hidden(entry)) continue;
    if (is_folder(entry)) fs::remove_all(entry, ignored);
    if (is_temporary_file_name(entry.filename().native())) remove_stale_temporary_file(entry);
  }
} catch (const std::exception&) {  // out of memory: the next run tries again
}

bool holds_unfinished(const fs::path& folder) noexcept try {
  const auto entries = entries_of(folder);
  return std::any_of(entries.begin(), entries.end(), hidden);
} catch (const std::exception&) {
  return false;
}

}  // namespace anatomynet::core::output
