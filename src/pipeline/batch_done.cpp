#include "pipeline/batch_done.h"

#include <algorithm>

#include "core/error.h"
#include "core/room_left.h"

namespace anatomynet::pipeline {
namespace fs = std::filesystem;
namespace {

std::string listed(const std::vector<std::string>& files) {
  constexpr std::size_t named = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(named, files.size()); ++i) text += (i ? ", " : "") + files[i];
  if (files.size() > named) text += " and " + std::to_string(files.size() - named) + " more";
  return text;
}

std::string free_name(const fs::path& folder) {
  std::string name = "changed";
  std::error_code error;
  for (int n = 2; fs::exists(folder / name, error); ++n) name = "changed-" + std::to_string(n);
  return name;
}

}  // namespace

bool is_done(const fs::path& folder, const std::string& name, const ManifestFacts& facts,
             Messages& messages) {
  const auto manifest = read_manifest(folder);
  if (!manifest || manifest->facts.model != facts.model || manifest->facts.key != facts.key) return false;
  if (!manifest->files.contains("summary.json")) return false;
  const ManifestChanges changes = changes_since(folder, *manifest);
  if (!changes.missing.empty())
    messages.warning(name + ": " + listed(changes.missing) +
                     " is gone since the case was done; it is made again");
  if (!changes.changed.empty())
    messages.warning(
        name + ": " + listed(changes.changed) +
        " was changed since the case was done; it is made again, what was changed is kept under " +
        free_name(folder));
  return changes.none();
}

void keep_changed_files(OutputFolder& out, const fs::path& folder) {
  const auto manifest = read_manifest(folder);
  if (!manifest) return;
  const std::string kept = free_name(folder);
  for (const std::string& file : changes_since(folder, *manifest).changed) {
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(folder / file, error))) continue;
    const fs::path to = out.stage(fs::path(kept) / file);
    fs::create_hard_link(folder / file, to, error);
    if (error) fs::copy_file(folder / file, to, error);
    if (error) throw Error(ErrorKind::output, to.string() + ": cannot write: " + error.message());
  }
}

void require_room(const fs::path& folder, const std::string& failure) {
  if (room_left(folder)) return;
  throw Error(ErrorKind::output, failure + "; nothing more can be written into " + folder.string() +
                                     ", so the batch ends here; the same command goes on when there is room");
}

}  // namespace anatomynet::pipeline
