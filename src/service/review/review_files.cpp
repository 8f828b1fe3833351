#include "service/review/review_files.h"

#include <utility>

#include "core/sha256.h"
#include "io/dicom/instance_header.h"
#include "review/journal.h"
#include "review/version_store.h"

namespace anatomynet::service {
namespace fs = std::filesystem;

fs::path review_folder(Store& store, std::int64_t job) { return store.files().results(job) / "review"; }

bool has_unapproved_review(Store& store, std::int64_t job) {
  const fs::path folder = review_folder(store, job);
  std::error_code none;
  if (!fs::exists(folder, none) || fs::exists(folder / "approved.json", none)) return false;
  for (const auto& version : fs::directory_iterator(folder / "versions", none))
    if (version.path().filename() != "0000") return true;
  try {
    return review::read_journal(folder / "draft.journal").records.size() > 1;  // the first says what it is of
  } catch (const Error&) {
    return true;
  }
}

std::optional<review::VersionInfo> approved_version(Store& store, std::int64_t job, Messages& messages) {
  std::error_code none;
  if (!fs::exists(review_folder(store, job) / "versions", none)) return std::nullopt;
  return review::VersionStore(review_folder(store, job), messages).approved();
}

std::vector<MadeObject> objects_of_version(Store& store, std::int64_t job, int version) {
  char folder[32];
  std::snprintf(folder, sizeof folder, "review/versions/%04d/", version);
  std::vector<MadeObject> objects;
  for (const auto& [kind, name] : {std::pair{"RTSTRUCT", "structures.dcm"}, std::pair{"SEG", "seg.dcm"}}) {
    const std::string file = std::string(folder) + name;
    const fs::path path = store.files().results(job) / file;
    std::error_code none;
    if (!fs::exists(path, none)) continue;
    const io::InstanceHeader header = io::read_instance_header(path);
    objects.push_back({kind, header.sop_class, header.sop_instance_uid, digest_of(path).sha256, file});
  }
  return objects;
}

bool release_approved(Store& store, std::int64_t job, const review::VersionInfo& approved,
                      const GiveUp& give_up) {
  return store.release(job, give_up, "version " + std::to_string(approved.number) + " was approved",
                       objects_of_version(store, job, approved.number));
}

}  // namespace anatomynet::service
