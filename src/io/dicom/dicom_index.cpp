#include "io/dicom/dicom_index.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <mutex>
#include <new>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/folder_walk.h"
#include "core/parallel_for.h"
#include "io/dicom/internal/dicom_ct.h"
#include "io/dicom/internal/dicom_files.h"
#include "io/dicom/internal/dicom_header.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

std::vector<FileHeader> read_all(const std::vector<fs::path>& files, int threads, const Progress& progress) {
  std::vector<FileHeader> headers(files.size());
  std::mutex reporting;
  constexpr std::size_t at_once = 64;
  parallel_for((files.size() + at_once - 1) / at_once, threads, [&](std::size_t part) {
    const std::size_t start = part * at_once, end = std::min(start + at_once, files.size());
    for (std::size_t i = start; i < end; ++i) {
      headers[i] = read_header(files[i]);
      headers[i].slices = {};  // read again of the series that are taken: there may be 100,000 files
    }
    if (!progress) return;
    const std::lock_guard lock(reporting);
    progress("reading headers", double(end) / double(files.size()));
  });
  return headers;
}

bool same_bytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::file_size(a, error) != fs::file_size(b, error) || error) return false;
  std::ifstream in_a(a, std::ios::binary), in_b(b, std::ios::binary);
  std::vector<char> block_a(1 << 16), block_b(1 << 16);
  while (in_a && in_b) {
    in_a.read(block_a.data(), static_cast<std::streamsize>(block_a.size()));
    in_b.read(block_b.data(), static_cast<std::streamsize>(block_b.size()));
    if (in_a.gcount() != in_b.gcount() ||
        !std::equal(block_a.begin(), block_a.begin() + in_a.gcount(), block_b.begin()))
      return false;
  }
  return in_a.eof() && in_b.eof();
}

// Sorts headers into an archive.
class Sorter {
 public:
  explicit Sorter(DicomArchive& archive) : archive_(archive) {}

  void add(const FileHeader& header) {
    switch (header.kind) {
      case FileKind::foreign:
        return skip(SkippedFile::Kind::foreign, header);
      case FileKind::directory:
        return archive_.skipped.push_back({header.file, "a DICOMDIR", SkippedFile::Kind::directory});
      case FileKind::damaged:
        skip(SkippedFile::Kind::damaged, header);
        return strays_.push_back(archive_.skipped.back());
      case FileKind::ct:
        return add_ct(header);
      default:
        break;
    }
    if (!header.problem.empty()) return skip(SkippedFile::Kind::damaged, header);
    if (header.kind == FileKind::structure_set) {
      archive_.structure_sets.push_back(
          {header.patient_id, header.study_uid, header.sop_instance_uid, header.file, header.patient_name});
      return;
    }
    if (header.kind == FileKind::segmentation) archive_.segmentations.push_back(header.file);
    ++archive_.other_modalities[header.modality.empty()   ? "no modality"
                                : header.modality == "CT" ? "CT localizer or other CT object"
                                                          : header.modality];
  }

  void add_stray(const fs::path& path, const std::string& reason) {
    archive_.skipped.push_back({path, reason, SkippedFile::Kind::damaged});
    strays_.push_back(archive_.skipped.back());
  }

  void finish(const fs::path& root) {
    for (auto& [key, ct] : series_) {
      if (ct.files.empty()) {  // named all the same, so that no patient gets lost without a word
        ct.problem = ct.damaged.front().file.string() + ": " + ct.damaged.front().reason +
                     "; no slice of the series can be used";
        for (const SkippedFile& slice : ct.damaged) ct.files.push_back(slice.file);
        ct.sop_instance_uids.resize(ct.files.size());
      }
      archive_.cts.push_back(std::move(ct));
    }
    find_mixed_series();
    share_out_strays(root);
    for (ArchivedCt& ct : archive_.cts)
      std::sort(ct.damaged.begin(), ct.damaged.end(),
                [](const auto& a, const auto& b) { return a.file < b.file; });
    std::stable_sort(archive_.structure_sets.begin(), archive_.structure_sets.end(),
                     [](const auto& a, const auto& b) { return a.patient_id < b.patient_id; });
    std::sort(archive_.skipped.begin(), archive_.skipped.end(),
              [](const auto& a, const auto& b) { return a.file < b.file; });
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // patient, series, study

  void skip(SkippedFile::Kind kind, const FileHeader& header) {
    archive_.skipped.push_back({header.file, header.problem, kind});
  }

  void add_ct(const FileHeader& header) {
    if (!header.problem.empty()) skip(SkippedFile::Kind::damaged, header);
    if (header.series_uid.empty()) return strays_.push_back(archive_.skipped.back());
    const Key key(header.patient_id, header.series_uid, header.study_uid);
    ArchivedCt& ct = series_[key];
    if (ct.series_uid.empty()) {
      ct.patient_id = header.patient_id;
      ct.patient_name = header.patient_name;
      ct.study_uid = header.study_uid;
      ct.series_uid = header.series_uid;
      ct.description = header.series_description;
    }
    if (!header.problem.empty()) return ct.damaged.push_back(archive_.skipped.back());
    const auto [first, fresh] = first_copy_[key].emplace(header.sop_instance_uid, header.file);
    if (!fresh) return add_copy(header, first->second, ct);
    if (ct.files.empty()) ct.frame_of_reference_uid = header.frame_of_reference_uid;
    ct.files.push_back(header.file);
    ct.sop_instance_uids.push_back(header.sop_instance_uid);
  }

  void add_copy(const FileHeader& header, const fs::path& first, ArchivedCt& ct) {
    if (same_bytes(first, header.file)) {
      archive_.skipped.push_back(
          {header.file, "the same bytes as " + first.string(), SkippedFile::Kind::copy});
      ct.copies.push_back(header.file);
    } else if (ct.problem.empty()) {
      ct.problem = header.file.string() + ": SOP Instance UID (0008,0018) " + header.sop_instance_uid +
                   " is also that of " + first.string() +
                   ", which holds something else; every image needs its own: export the series again";
    }
  }

  // Slices of one series in one folder that name several patients or studies: objects made from the CT name
  // both, so each must be one. Values are not told, since a message must not hold a patient's ID.
  void find_mixed_series() {
    std::map<std::pair<std::string, fs::path>, std::size_t> owner;  // series and folder: CT
    for (std::size_t i = 0; i < archive_.cts.size(); ++i)
      for (const fs::path& file : archive_.cts[i].files) {
        const auto [it, fresh] = owner.emplace(std::pair(archive_.cts[i].series_uid, file.parent_path()), i);
        if (fresh || it->second == i) continue;
        ArchivedCt &a = archive_.cts[it->second], &b = archive_.cts[i];
        const std::string what =
            a.study_uid != b.study_uid ? "Study Instance UID (0020,000d)" : "Patient ID (0010,0020)";
        for (ArchivedCt* ct : {&a, &b})
          if (ct->problem.empty())
            ct->problem = b.files.front().string() + ": " + what + " differs from " +
                          a.files.front().string() +
                          "; images of one series are of one patient and study; export the series again";
      }
  }

  void share_out_strays(const fs::path& root) {
    if (strays_.empty()) return;
    std::map<fs::path, std::set<std::size_t>> directly, below;
    for (std::size_t i = 0; i < archive_.cts.size(); ++i)
      for (const fs::path& file : archive_.cts[i].files) {
        if (!directly[file.parent_path()].insert(i).second) continue;
        fs::path folder = file.parent_path();
        while (below[folder].insert(i).second && folder != root && folder.has_relative_path())
          folder = folder.parent_path();
      }
    for (const SkippedFile& stray : strays_) {
      fs::path folder = stray.file.parent_path();
      if (const auto here = directly.find(folder); here != directly.end()) {
        for (const std::size_t i : here->second) archive_.cts[i].damaged.push_back(stray);
        continue;
      }
      while (!below.contains(folder) && folder != root && folder.has_relative_path())
        folder = folder.parent_path();
      if (const auto around = below.find(folder); around != below.end() && around->second.size() == 1)
        archive_.cts[*around->second.begin()].damaged.push_back(stray);
    }
  }

  DicomArchive& archive_;
  std::map<Key, ArchivedCt> series_;
  std::map<Key, std::map<std::string, fs::path>> first_copy_;
  std::vector<SkippedFile> strays_;
};

// The voxels of a series, without the files whose voxels cannot be decoded, where that is accepted.
CtImage read_voxels(std::vector<fs::path> files, const std::string& series_uid, const std::string& where,
                    const ReadOptions& options, const Progress& progress, std::vector<SkippedFile>& damaged) {
  while (true) {
    std::map<fs::path, std::string> unreadable;
    const CtSeries series = collect_ct_series(files, series_uid);
    CtImage image = read_series(series, where, options, progress, unreadable);
    if (unreadable.empty()) return image;
    if (unreadable.size() == files.size()) throw Error(ErrorKind::input, unreadable.begin()->second);
    for (const auto& [file, reason] : unreadable)
      damaged.push_back({file, without_file(reason, file), SkippedFile::Kind::damaged});
    std::erase_if(files, [&](const fs::path& file) { return unreadable.contains(file); });
  }
}

}  // namespace

DicomArchive index_dicom(const fs::path& root, int threads, const Progress& progress) {
  initialise();
  DicomArchive archive;
  Sorter sorter(archive);
  std::error_code error;
  FolderWalk walk;
  const bool single = fs::is_regular_file(root, error);
  if (single)
    walk.files = {root};
  else
    walk = walk_folder(root);
  archive.files = walk.files.size();
  for (const auto& [kind, path, reason] : walk.passed_over) {
    using enum FolderWalk::PassedOver::Kind;
    // A folder that cannot be read, or a slice that is a link to nothing: a CT may lack what is there.
    if (kind == unreadable && (named_dicom(path) || fs::is_directory(path, error)))
      sorter.add_stray(path, reason);
    else
      archive.skipped.push_back(
          {path, reason, kind == hidden ? SkippedFile::Kind::hidden : SkippedFile::Kind::foreign});
  }
  std::vector<FileHeader> headers = read_all(walk.files, threads, progress);
  for (FileHeader& header : headers) {
    sorter.add(header);
    header = {};  // there may be 100,000 files
  }
  sorter.finish(single ? root.parent_path() : root);
  return archive;
}

fs::path folder_of_dicomdir(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return path;
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  if (name != "DICOMDIR" && read_header(path).kind != FileKind::directory) return path;
  return fs::absolute(path, error).parent_path();
}

CtImage read_archived_ct(const ArchivedCt& ct, const ReadOptions& options, const Progress& progress) {
  const std::string where = ct.files.empty() ? std::string("CT") : ct.files.front().parent_path().string();
  if (!ct.problem.empty()) throw Error(ErrorKind::input, ct.problem);
  std::vector<SkippedFile> damaged = ct.damaged;
  if (!damaged.empty() && !options.accept_damaged) {
    const std::string& reason = damaged.front().reason;
    throw Error(
        ErrorKind::input,
        damaged.front().file.string() + ": " + reason +
            (damaged.size() > 1 ? " (" + std::to_string(damaged.size()) + " damaged files in all)" : "") +
            "; --accept-damaged takes the CT without it");
  }
  try {
    CtImage image =
        read_voxels(ct.files, ct.series_uid, where + ", series " + ct.series_uid, options, progress, damaged);
    for (const auto& [file, reason, kind] : damaged)
      image.warnings.push_back({"damaged-slice", "damaged slice left out, as accepted: " + reason, {file}});
    if (!ct.copies.empty())
      image.warnings.push_back(
          {"copied-slice",
           ct.copies.size() == 1
               ? "second copy of a slice, left out"
               : std::to_string(ct.copies.size()) + " files that are second copies of slices, left out",
           ct.copies});
    return image;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, where + ": not enough memory to hold the volume");
  } catch (const fs::filesystem_error& failure) {
    throw Error(ErrorKind::input, where + ": cannot read: " + failure.code().message());
  }
}

DicomKind dicom_kind(const fs::path& file) {
  switch (read_header(file).kind) {
    case FileKind::ct:
      return DicomKind::ct;
    case FileKind::structure_set:
      return DicomKind::structure_set;
    case FileKind::segmentation:
      return DicomKind::segmentation;
    case FileKind::other:
      return DicomKind::other;
    default:
      return DicomKind::none;
  }
}

}  // namespace anatomynet::io
