#include "review/version_store.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <pwd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/manifest.h"
#include "core/text.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

constexpr int most_versions = 9999;
constexpr std::uint64_t largest_edits = 64u << 20;

std::string user_and_host() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const passwd* const user = ::getpwuid(::getuid());
  return (user ? std::string(user->pw_name) : "user " + std::to_string(::getuid())) + " on " + host;
}

std::string holder_of(const fs::path& file) {
  try {
    const nlohmann::json held = read_json(file);
    const auto since = held.at("since").get<std::string>();  // 2026-01-31T08:15:00Z
    return clean_text(held.at("who").get<std::string>() + " (since " + since.substr(0, 10) + " " +
                          since.substr(std::min<std::size_t>(11, since.size()), 5) + " UTC)",
                      longest_value);
  } catch (const std::exception&) {
    return "somebody";
  }
}

std::optional<int> version_number(const std::string& name) {
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  if (name.size() != 4 || error != std::errc{} || stop != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

VersionStore::VersionStore(fs::path folder, Messages& messages) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_ / "versions", error);
  if (error)
    throw Error(ErrorKind::output, folder_.string() + ": cannot be made: " + error.message() +
                                       "; choose another place with --store");
  try {
    lock_ = std::make_unique<FolderLock>(folder_);
  } catch (const FolderGone&) {
    throw;
  } catch (const Error&) {
    editor_ = holder_of(folder_ / "editor.json");
    messages.warning("the case is open already (" + editor_ + "): here it can only be looked at");
    return;
  }
  begin_editing();
}

void VersionStore::begin_editing() {
  const std::string who = user_and_host();
  const nlohmann::json held{{"who", who}, {"since", utc_text(std::time(nullptr), iso_8601)}};
  write_file_atomically(folder_ / "editor.json", json_text(held) + "\n");
  tidy_folders_in(folder_ / "versions");
  const std::vector<VersionInfo> all = versions();
  const auto last = std::find_if(all.rbegin(), all.rend(), [](const VersionInfo& v) { return v.approved; });
  const std::optional<VersionInfo> known = approved();
  if (last != all.rend() && (!known || known->number != last->number)) set_approved(*last);  // after a kill
  {
    const std::lock_guard guard(editor_mutex_);
    editor_ = who;
  }
  read_only_ = false;
}

std::string VersionStore::editor() const {
  const std::lock_guard guard(editor_mutex_);
  return editor_;
}

bool VersionStore::is_free() const try {
  const FolderLock probe(folder_);
  return true;
} catch (const Error&) {
  return false;
}

bool VersionStore::take_over(Messages& messages) {
  if (!read_only_) return true;
  try {
    lock_ = std::make_unique<FolderLock>(folder_);
  } catch (const Error&) {
    return false;
  }
  try {
    begin_editing();
  } catch (...) {
    lock_.reset();
    throw;
  }
  messages.info("nobody else has the case open any more: it can be changed here");
  return true;
}

fs::path VersionStore::folder_of(int version) const {
  char name[16];
  std::snprintf(name, sizeof name, "%04d", version);
  return folder_ / "versions" / name;
}

std::vector<VersionInfo> VersionStore::versions() const {
  std::vector<VersionInfo> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "versions", error)) {
    const std::optional<int> number = version_number(entry.path().filename().string());
    if (number && fs::exists(entry.path() / Manifest::name, error))
      out.push_back(read_version_info(entry.path()));
  }
  std::sort(out.begin(), out.end(),
            [](const VersionInfo& a, const VersionInfo& b) { return a.number < b.number; });
  return out;
}

bool VersionStore::has(int version) const {
  std::error_code error;
  return version >= 0 && version <= most_versions && fs::exists(folder_of(version) / Manifest::name, error);
}

Version VersionStore::read(int version, const Grid& grid) const {
  const fs::path folder = folder_of(version);
  const std::optional<Manifest> manifest = read_manifest(folder);
  if (!manifest || !changes_since(folder, *manifest).none())
    throw Error(ErrorKind::input,
                folder.string() + ": is not what was saved (manifest.json); take it back from a backup");
  return read_version(folder, grid);
}

VersionInfo VersionStore::add(VersionInfo info,
                              const std::function<void(OutputFolder&, VersionInfo&)>& write) {
  std::error_code error;
  int number = -1;  // also of folders that are not whole
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "versions", error))
    number = std::max(number, version_number(entry.path().filename().string()).value_or(-1));
  info.number = number + 1;
  if (info.number > most_versions)
    throw Error(ErrorKind::output, folder_.string() + ": holds " + std::to_string(most_versions) +
                                       " versions; begin another store with --store");
  OutputFolder out(folder_of(info.number));
  write(out, info);
  out.commit(ManifestFacts{});
  return info;
}

std::optional<VersionInfo> VersionStore::approved() const {
  const fs::path file = folder_ / "approved.json";
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  return reading_json(file.string(), ErrorKind::input, [&]() -> std::optional<VersionInfo> {
    const int number = read_json(file).at("version");
    if (!has(number)) return std::nullopt;
    return read_version_info(folder_of(number));
  });
}

void VersionStore::set_approved(const VersionInfo& info) {
  for (const char* name : {"edits.json", "edits.csv"})
    write_file_atomically(folder_ / name, read_file(folder_of(info.number) / name, largest_edits));
  const nlohmann::ordered_json all{{"version", info.number},
                                   {"by", info.by},
                                   {"at", info.made},
                                   {"folder", "versions/" + folder_of(info.number).filename().string()},
                                   {"sop_instance_uid", info.instance}};
  write_file_atomically(folder_ / "approved.json", json_text(all, 2) + "\n");
}

}  // namespace anatomynet::review
