#include "io/dicom/internal/dicom_files.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "io/image/foreign_file.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

// Text of unknown character set for a terminal.
std::string ascii(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

std::string describe_others(const DicomArchive& archive) {
  std::string text;
  std::map<std::string, std::size_t> counts = archive.other_modalities;
  if (!archive.structure_sets.empty()) counts["RTSTRUCT"] += archive.structure_sets.size();
  for (const auto& [modality, count] : counts)
    text += (text.empty() ? "" : ", ") + ascii(modality) + " (" + std::to_string(count) +
            (count == 1 ? " file)" : " files)");
  return text;
}

[[noreturn]] void refuse_no_dicom(const DicomArchive& archive, const fs::path& path) {
  if (archive.skipped.size() == 1 && archive.skipped.front().file == path) {
    const std::string hint = foreign_file_hint(path);
    fail(path.string() + ": " + (hint.empty() ? archive.skipped.front().reason : hint) +
         (hint.empty() ? "; expected DICOM, NIfTI, NRRD or MetaImage" : ""));
  }
  const SkippedFile* named = nullptr;
  for (const SkippedFile& skipped : archive.skipped) {
    if (skipped.kind == SkippedFile::Kind::directory)
      fail(path.string() + ": a DICOMDIR without the files that it lists; copy the whole medium");
    if (!named && skipped.kind != SkippedFile::Kind::hidden && named_dicom(skipped.file)) named = &skipped;
  }
  if (named)
    fail(named->file.string() + ": named as DICOM but is " + named->reason + "; no CT series in " +
         path.string());
  const std::string hint = foreign_files_hint(archive);
  fail(path.string() + ": no DICOM files; " + (hint.empty() ? "expected a CT series" : hint));
}

}  // namespace

const ArchivedCt& choose_ct(const DicomArchive& archive, const fs::path& path,
                            const std::string& series_uid) {
  if (archive.cts.empty()) {
    for (const SkippedFile& skipped : archive.skipped)
      if (skipped.kind == SkippedFile::Kind::damaged)
        fail(skipped.file.string() + ": " + skipped.reason + "; no CT series in " + path.string());
    if (const std::string others = describe_others(archive); !others.empty())
      fail(path.string() + ": no CT series; found " + others + "; expected CT images");
    refuse_no_dicom(archive, path);
  }
  std::vector<const ArchivedCt*> fitting;
  std::string list;
  for (const ArchivedCt& ct : archive.cts) {
    if (series_uid.empty() || ct.series_uid == series_uid) fitting.push_back(&ct);
    list += (list.empty() ? "" : "; ") + ct.series_uid + " '" + ascii(ct.description) + "' " +
            std::to_string(ct.files.size()) + " slices";
  }
  if (fitting.empty()) fail(path.string() + ": no CT series " + series_uid + "; found " + list);
  if (fitting.size() == 1) return *fitting.front();
  for (const ArchivedCt* ct : fitting)
    if (ct->series_uid != fitting.front()->series_uid)
      fail(path.string() + ": " + std::to_string(fitting.size()) +
           " CT series, choose one with --series UID: " + list);
  if (!fitting.front()->problem.empty()) fail(fitting.front()->problem);
  fail(path.string() + ": series " + fitting.front()->series_uid + " is there " +
       std::to_string(fitting.size()) +
       " times, of several patients or studies; give the folder of one of them, such as " +
       fitting.front()->files.front().parent_path().string());
}

std::string foreign_files_hint(const DicomArchive& archive) {
  std::map<std::string, std::vector<fs::path>> hints;
  for (const SkippedFile& skipped : archive.skipped) {
    if (skipped.kind == SkippedFile::Kind::hidden) continue;
    if (std::string hint = foreign_file_hint(skipped.file); !hint.empty())
      hints[hint].push_back(skipped.file);
  }
  const auto most = std::max_element(hints.begin(), hints.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  });
  if (most == hints.end()) return {};
  const std::vector<fs::path>& files = most->second;
  return files.front().filename().string() +
         (files.size() > 1 ? " (and " + std::to_string(files.size() - 1) + " like it)" : "") + " is " +
         most->first;
}

std::vector<Warning> warnings_of(const DicomArchive& archive) {
  std::vector<Warning> warnings;
  Warning foreign{"not-dicom", ""};
  for (const SkippedFile& skipped : archive.skipped) {
    if (skipped.kind == SkippedFile::Kind::damaged || skipped.reason == "empty file") {
      const bool of_a_ct = std::any_of(archive.cts.begin(), archive.cts.end(), [&](const ArchivedCt& ct) {
        return std::any_of(ct.damaged.begin(), ct.damaged.end(),
                           [&](const SkippedFile& one) { return one.file == skipped.file; });
      });
      if (!of_a_ct) warnings.push_back({"unreadable-file", skipped.reason + ", left out", {skipped.file}});
    } else if (skipped.kind == SkippedFile::Kind::foreign && named_dicom(skipped.file)) {
      foreign.files.push_back(skipped.file);
    }
  }
  const std::size_t n = foreign.files.size();
  foreign.text = n == 1 ? "named as DICOM but none, left out"
                        : std::to_string(n) + " files that are named as DICOM but are none, left out";
  if (n > 0) warnings.push_back(std::move(foreign));
  return warnings;
}

CtSeries collect_ct_series(const std::vector<fs::path>& files, const std::string& series_uid) {
  CtSeries series;
  series.uid = series_uid;
  for (const fs::path& file : files) {
    const FileHeader header = read_header(file);
    if (header.kind != FileKind::ct || header.series_uid != series_uid || !header.problem.empty())
      fail(file.string() + ": " +
           (header.problem.empty() ? "no longer a slice of its series" : header.problem));
    series.description = ascii(header.series_description);
    series.gantry_tilt = header.gantry_tilt;
    series.slices.insert(series.slices.end(), header.slices.begin(), header.slices.end());
  }
  std::vector<fs::path> with_tables;
  for (const SliceHeader& slice : series.slices)
    if (slice.has_modality_lut && (with_tables.empty() || with_tables.back() != slice.file))
      with_tables.push_back(slice.file);
  if (!with_tables.empty())
    series.warnings.push_back({"modality-lut",
                               "a Modality LUT Sequence (0028,3000) beside the rescale, which a CT does not "
                               "have; HU are made by Rescale Slope and Intercept, and the table is left out",
                               with_tables});
  if (series.slices.empty()) fail("CT series " + series_uid + ": it holds localizer frames only");
  const SliceHeader& first = series.slices.front();
  for (const SliceHeader& slice : series.slices)
    if (slice.frame_of_reference_uid != first.frame_of_reference_uid)
      fail(slice.plane.name + ": Frame of Reference UID (0020,0052) differs from " + first.plane.name +
           "; positions of one series must share one frame of reference");
  return series;
}

}  // namespace anatomynet::io
