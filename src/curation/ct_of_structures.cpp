#include "curation/ct_of_structures.h"

#include <system_error>

#include "core/error.h"
#include "curation/correspondence.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& where, const std::string& why) {
  throw Error(ErrorKind::input, where.string() + ": " + why);
}

}  // namespace

io::CtImage read_ct_of(const io::StructureSet& set, const fs::path& given, const io::ReadOptions& options,
                       const Progress& progress) {
  const fs::path path = io::folder_of_dicomdir(given);
  std::error_code error;
  if (!options.series_uid.empty() || !fs::is_directory(path, error))
    return io::read_ct(path, options, progress);
  const io::DicomArchive archive = io::index_dicom(path, options.threads, progress);
  if (archive.cts.size() > 1)
    if (const Correspondence found = CtFinder(archive.cts)(set); found.ct)
      return io::read_archived_ct(archive.cts[*found.ct], options, progress);
  return io::read_ct(path, options, progress);
}

io::CtImage read_ct_of(const io::ImageReferences& drawn, const fs::path& path, const io::ReadOptions& options,
                       const Progress& progress) {
  io::StructureSet set;
  set.patient_id = drawn.patient_id;
  set.referenced_images.assign(drawn.images.begin(), drawn.images.end());
  set.referenced_series.assign(drawn.series.begin(), drawn.series.end());
  set.frame_of_reference_uids.assign(drawn.frames.begin(), drawn.frames.end());
  return read_ct_of(set, path, options, progress);
}

fs::path structure_set_for(const fs::path& folder, const fs::path& given, const std::string& series_uid) {
  const fs::path ct = io::folder_of_dicomdir(given);
  const io::DicomArchive sets = io::index_dicom(folder);
  if (sets.structure_sets.empty()) fail(folder, "no RTSTRUCT, no masks (NIfTI, NRRD or MetaImage files)");
  std::error_code error;
  const bool dicom = fs::is_directory(ct, error) || io::dicom_kind(ct) == io::DicomKind::ct;
  const io::DicomArchive archive = dicom ? io::index_dicom(ct) : io::DicomArchive{};
  std::vector<fs::path> fitting;
  const CtFinder finder(archive.cts);
  for (const io::ArchivedStructureSet& one : sets.structure_sets) {
    if (archive.cts.empty()) {
      fitting.push_back(one.file);
      continue;
    }
    try {
      const Correspondence found = finder(io::read_structure_set(one.file));
      if (found.ct && (series_uid.empty() || archive.cts[*found.ct].series_uid == series_uid))
        fitting.push_back(one.file);
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::input || sets.structure_sets.size() == 1) throw;
    }
  }
  if (fitting.size() == 1) return fitting.front();
  const std::string of = " of " + std::to_string(sets.structure_sets.size()) + " structure sets ";
  if (fitting.empty()) fail(folder, "none" + of + "was drawn on a CT of " + ct.string());
  std::string names;
  for (const fs::path& file : fitting)
    if (names.size() < 300) names += (names.empty() ? "" : ", ") + file.filename().string();
  fail(folder, std::to_string(fitting.size()) + of + "belong to " + ct.string() +
                   "; give one of them, such as " + names);
}

}  // namespace anatomynet::curation
