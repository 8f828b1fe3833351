#include "io/dicom_index.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <tuple>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/side_by_side.h"
#include "io/dicom_ct.h"
#include "io/dicom_files.h"
#include "io/dicom_item.h"

namespace anatomynet {
namespace {
namespace fs = std::filesystem;
using dicom::text;

// What the walk needs of a file: everything up to group 0028, so that contours and voxels stay on the disk.
struct Entry {
  enum class Kind { skipped, ct, damaged_ct, structure_set, other } kind = Kind::skipped;
  std::string reason, modality;
  std::string patient_id, patient_name, study, series, sop, frame, description;
};

// Files below `folder`, every real folder once, however links lead to it.
class Walk {
 public:
  explicit Walk(DicomArchive& archive) : archive_(archive) {}
  std::vector<fs::path> files;

  void folder(const fs::path& root) {
    std::vector<fs::path> open{root};
    while (!open.empty()) {
      const fs::path here = open.back();
      open.pop_back();
      struct stat status {};
      if (::stat(here.c_str(), &status) != 0) {
        skip(here, std::string("cannot be read: ") + std::strerror(errno));
        continue;
      }
      if (!seen_.emplace(status.st_dev, status.st_ino).second) continue;
      std::error_code error;
      fs::directory_iterator it(here, error), end;
      while (!error && it != end) {
        entry(*it, open);
        it.increment(error);
      }
      if (error) skip(here, "folder cannot be read: " + error.message());
    }
    std::sort(files.begin(), files.end());
  }

 private:
  void skip(const fs::path& path, const std::string& reason) { archive_.skipped.push_back({path, reason}); }

  void entry(const fs::directory_entry& entry, std::vector<fs::path>& open) {
    std::error_code error;
    const fs::file_status status = entry.status(error);
    if (entry.path().filename().string().starts_with('.'))
      skip(entry.path(), "hidden");
    else if (fs::is_directory(status))
      open.push_back(entry.path());
    else if (fs::is_regular_file(status))
      files.push_back(entry.path());
    else
      skip(entry.path(),
           error || !fs::exists(status) ? "cannot be read, or a link to nothing" : "not a file");
  }

  DicomArchive& archive_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

// DICM after 128 bytes, or a bare data set, which starts with group 0008 (or 0002).
bool looks_like_dicom(const fs::path& file, bool& part10) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!in) throw Error(ErrorKind::input, std::string("cannot be opened: ") + std::strerror(errno));
  std::setvbuf(in.get(), nullptr, _IONBF, 0);
  std::array<unsigned char, 132> start{};
  const std::size_t n = std::fread(start.data(), 1, start.size(), in.get());
  if (std::ferror(in.get()))
    throw Error(ErrorKind::input, std::string("cannot be read: ") + std::strerror(errno));
  if (n == 0) throw Error(ErrorKind::input, "empty file");
  part10 = n == start.size() && std::memcmp(start.data() + 128, "DICM", 4) == 0;
  const bool little = (start[0] == 8 || start[0] == 2) && start[1] == 0;
  const bool big = start[0] == 0 && start[1] == 8;
  return part10 || (n >= 16 && (little || big) && start[3] == 0);
}

bool third_is_localizer(const std::string& image_type) {
  const auto first = image_type.find('\\');
  if (first == std::string::npos) return false;
  const auto second = image_type.find('\\', first + 1);
  if (second == std::string::npos) return false;
  return image_type.compare(second + 1, 9, "LOCALIZER") == 0 ||
         image_type.compare(second + 1, 5, "SCOUT") == 0;
}

bool ct_class(const std::string& sop_class) {
  return sop_class == UID_CTImageStorage || sop_class == UID_EnhancedCTImageStorage ||
         sop_class == UID_LegacyConvertedEnhancedCTImageStorage;
}

// The least that an uncompressed file with this header holds, in bytes; 0 where it says nothing.
double promised_bytes(DcmFileFormat& format, bool part10) {
  DcmDataset& data = *format.getDataset();
  const DcmXfer syntax(data.getOriginalXfer());
  if (syntax.isEncapsulated() || syntax.getStreamCompression() != ESC_none) return 0;
  double product = 1.0 / 8;
  for (const DcmTagKey& tag : {DCM_Rows, DCM_Columns, DCM_BitsAllocated}) {
    Uint16 value = 0;
    data.findAndGetUint16(tag, value);
    product *= value;
  }
  Sint32 frames = 1;
  if (data.findAndGetSint32(DCM_NumberOfFrames, frames).good() && frames > 0) product *= frames;
  // The header again, at its shortest; what lies in groups 0029 and beyond is not counted.
  const E_TransferSyntax xfer = data.getOriginalXfer();
  if (part10) product += 132 + format.getMetaInfo()->getLength(EXS_LittleEndianExplicit, EET_ExplicitLength);
  return product + data.getLength(xfer, EET_ExplicitLength) + 8;
}

void read_entry(const fs::path& file, Entry& entry) {
  bool part10 = false;
  if (!looks_like_dicom(file, part10)) {
    entry.reason = "not a DICOM file";
    return;
  }
  DcmFileFormat format;
  const OFCondition status = format.loadFileUntilTag(
      file.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DcmTagKey(0x0029, 0x0000));
  DcmDataset& data = *format.getDataset();
  std::string sop_class = text(data, DCM_SOPClassUID);
  if (sop_class.empty()) sop_class = text(*format.getMetaInfo(), DCM_MediaStorageSOPClassUID);
  if (status.bad() || sop_class.empty()) {
    entry.reason = part10
                       ? std::string("truncated or damaged DICOM file") +
                             (status.bad() ? std::string(" (") + status.text() + ")" : " (no SOP Class UID)")
                       : "not a DICOM file";
    return;
  }
  if (sop_class == UID_MediaStorageDirectoryStorage) {
    entry.kind = Entry::Kind::other;
    entry.modality = "DICOMDIR";
    return;
  }
  entry.modality = text(data, DCM_Modality);
  entry.patient_id = text(data, DCM_PatientID);
  entry.study = text(data, DCM_StudyInstanceUID);
  entry.sop = text(data, DCM_SOPInstanceUID);
  if (sop_class == UID_RTStructureSetStorage) {
    entry.kind = Entry::Kind::structure_set;
    return;
  }
  entry.kind = Entry::Kind::other;
  if (entry.modality.empty()) entry.modality = "no modality";
  if (!ct_class(sop_class)) return;
  if (third_is_localizer(text(data, DCM_ImageType))) {
    entry.modality = "CT localizer";
    return;
  }
  entry.series = text(data, DCM_SeriesInstanceUID);
  entry.kind = Entry::Kind::damaged_ct;
  if (entry.series.empty() || entry.sop.empty()) {
    entry.reason = "CT without Series or SOP Instance UID";
    return;
  }
  if (static_cast<double>(fs::file_size(file)) < promised_bytes(format, part10)) {
    entry.reason = "truncated: fewer bytes than its header promises";
    return;
  }
  entry.kind = Entry::Kind::ct;
  entry.patient_name = text(data, DCM_PatientName);
  entry.frame = text(data, DCM_FrameOfReferenceUID);
  entry.description = text(data, DCM_SeriesDescription);
}

Entry entry_of(const fs::path& file) {
  Entry entry;
  try {
    read_entry(file, entry);
  } catch (const std::exception& error) {  // whatever a file does, the walk goes on
    entry = Entry{};
    entry.reason = error.what();
  }
  return entry;
}

std::vector<Entry> read_all(const std::vector<fs::path>& files, int threads, const Progress& progress) {
  std::vector<Entry> entries(files.size());
  std::mutex reporting;
  constexpr std::size_t at_once = 64;
  side_by_side((files.size() + at_once - 1) / at_once, threads, [&](std::size_t part) {
    const std::size_t start = part * at_once, end = std::min(start + at_once, files.size());
    for (std::size_t i = start; i < end; ++i) entries[i] = entry_of(files[i]);
    if (!progress) return;
    const std::lock_guard lock(reporting);
    progress("reading headers", double(end) / double(files.size()));
  });
  return entries;
}

void sort_in(std::vector<Entry>& entries, const std::vector<fs::path>& files, DicomArchive& archive) {
  std::map<std::tuple<std::string, std::string, std::string>, ArchivedCt> series;  // patient, series, study
  std::map<std::tuple<std::string, std::string, std::string>, std::map<std::string, fs::path>> first_copy;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Entry& entry = entries[i];
    const auto skip = [&](const std::string& reason) { archive.skipped.push_back({files[i], reason}); };
    const std::tuple key(entry.patient_id, entry.series, entry.study);
    switch (entry.kind) {
      case Entry::Kind::skipped:
        skip(entry.reason);
        break;
      case Entry::Kind::other:
        ++archive.other_modalities[entry.modality];
        break;
      case Entry::Kind::structure_set:
        archive.structure_sets.push_back({entry.patient_id, entry.study, entry.sop, files[i]});
        break;
      case Entry::Kind::damaged_ct:
        skip(entry.reason);
        if (!entry.series.empty()) series[key].damaged.push_back(files[i]);
        break;
      case Entry::Kind::ct: {
        const auto [copy, added] = first_copy[key].emplace(entry.sop, files[i]);
        if (!added) {
          skip("same SOP Instance UID as " + copy->second.string());
          break;
        }
        ArchivedCt& ct = series[key];
        if (ct.files.empty()) {
          ct.patient_id = entry.patient_id;
          ct.patient_name = entry.patient_name;
          ct.study_uid = entry.study;
          ct.series_uid = entry.series;
          ct.frame_of_reference_uid = entry.frame;
          ct.description = entry.description;
        }
        ct.files.push_back(files[i]);
        ct.sop_instance_uids.push_back(std::move(entry.sop));
      }
    }
  }
  for (auto& [key, ct] : series)
    if (!ct.files.empty()) archive.cts.push_back(std::move(ct));
  std::stable_sort(archive.structure_sets.begin(), archive.structure_sets.end(),
                   [](const auto& a, const auto& b) { return a.patient_id < b.patient_id; });
  std::sort(archive.skipped.begin(), archive.skipped.end(),
            [](const auto& a, const auto& b) { return a.file < b.file; });
}

}  // namespace

DicomArchive index_dicom(const fs::path& root, int threads, const Progress& progress) {
  std::error_code error;
  fs::directory_iterator readable(root, error);
  if (error) throw Error(ErrorKind::input, root.string() + ": cannot read the folder: " + error.message());
  dicom::initialise();
  DicomArchive archive;
  Walk walk(archive);
  walk.folder(root);
  archive.files = walk.files.size();
  std::vector<Entry> entries = read_all(walk.files, threads, progress);
  sort_in(entries, walk.files, archive);
  return archive;
}

CtImage read_archived_ct(const ArchivedCt& ct, const ReadOptions& options) {
  const std::string where = ct.files.empty() ? std::string("CT") : ct.files.front().parent_path().string();
  try {
    CtImage image = dicom::read_series(dicom::collect_ct_series(ct.files, ct.series_uid),
                                       where + ", series " + ct.series_uid, options, {});
    for (const fs::path& file : ct.damaged)
      image.warnings.push_back({"damaged-slice", "damaged slice of the series left out", {file}});
    return image;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, where + ": not enough memory to hold the volume");
  } catch (const fs::filesystem_error& failure) {
    throw Error(ErrorKind::input, where + ": cannot read: " + failure.code().message());
  }
}

}  // namespace anatomynet
