#include "io/dicom_files.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <system_error>

#include "core/error.h"

namespace anatomynet::dicom {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

// Every regular file below the folder, sorted so that results do not depend on the file system's order.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error), end;
  while (!error && it != end) {
    const bool hidden = it->path().filename().string().starts_with('.');
    std::error_code ignored;  // a dangling link is no file
    if (hidden && it->is_directory(ignored))
      it.disable_recursion_pending();
    else if (!hidden && it->is_regular_file(ignored))
      files.push_back(it->path());
    it.increment(error);
  }
  if (error) fail(folder.string() + ": cannot read the folder: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

bool named_dicom(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".dcm" || extension == ".dicom" || extension == ".ima";
}

// Text of unknown character set for a terminal.
std::string ascii(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

std::string describe_others(const std::map<std::string, int>& modalities) {
  std::string text;
  for (const auto& [modality, count] : modalities)
    text += (text.empty() ? "" : ", ") + ascii(modality) + " (" + std::to_string(count) +
            (count == 1 ? " file)" : " files)");
  return text;
}

// Objects made from the CT name its patient and study: each must be one. Values are not told, since a
// message must not hold a patient's ID.
void check_identity(const FileHeader& header, const FileHeader& first) {
  const auto differs = [&](const char* what) {
    fail(header.file.string() + ": " + what + " differs from " + first.file.string() +
         "; images of one series are of one patient and study; export the series again");
  };
  if (header.study_uid != first.study_uid) differs("Study Instance UID (0020,000d)");
  if (header.patient_id != first.patient_id) differs("Patient ID (0010,0020)");
}

CtSeries collect(const std::vector<FileHeader>& headers, const std::string& uid) {
  CtSeries series;
  series.uid = uid;
  const FileHeader* first_file = nullptr;
  for (const FileHeader& header : headers) {
    if (!header.ct || header.series_uid != uid) continue;
    if (!header.problem.empty()) fail(header.problem);
    if (!first_file) first_file = &header;
    check_identity(header, *first_file);
    series.description = ascii(header.series_description);
    series.gantry_tilt = header.gantry_tilt;
    series.slices.insert(series.slices.end(), header.slices.begin(), header.slices.end());
  }
  if (series.slices.empty()) fail("CT series " + uid + ": it holds localizer frames only");
  const SliceHeader& first = series.slices.front();
  for (const SliceHeader& slice : series.slices)
    if (slice.frame_of_reference_uid != first.frame_of_reference_uid)
      fail(slice.plane.name + ": Frame of Reference UID (0020,0052) differs from " + first.plane.name +
           "; positions of one series must share one frame of reference");
  return series;
}

std::string choose(const fs::path& path, const std::vector<FileHeader>& headers, const std::string& wanted) {
  std::map<std::string, std::pair<std::string, std::size_t>> series;  // UID: description, slices
  std::map<std::string, int> others;
  for (const FileHeader& header : headers) {
    if (!header.ct) {
      const bool localizer = header.modality == "CT";
      ++others[localizer                 ? "CT localizer or other CT object"
               : header.modality.empty() ? "no modality"
                                         : header.modality];
      continue;
    }
    auto& [description, count] = series[header.series_uid];
    description = ascii(header.series_description);
    count += header.problem.empty() ? header.slices.size() : 1;
  }
  if (headers.empty()) fail(path.string() + ": no DICOM files; expected a CT series");
  if (series.empty())
    fail(path.string() + ": no CT series; found " + describe_others(others) + "; expected CT images");
  std::string list;
  for (const auto& [uid, info] : series)
    list +=
        (list.empty() ? "" : "; ") + uid + " '" + info.first + "' " + std::to_string(info.second) + " slices";
  if (!wanted.empty()) {
    if (!series.contains(wanted)) fail(path.string() + ": no CT series " + wanted + "; found " + list);
    return wanted;
  }
  if (series.size() > 1)
    fail(path.string() + ": " + std::to_string(series.size()) +
         " CT series, choose one with --series UID: " + list);
  return series.begin()->first;
}

}  // namespace

CtSeries find_ct_series(const fs::path& path, const std::string& series_uid, const Progress& progress) {
  const std::vector<fs::path> files = fs::is_directory(path) ? files_below(path) : std::vector{path};
  std::vector<FileHeader> headers;
  std::vector<Warning> warnings;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (progress) progress("reading headers", double(i) / double(files.size()));
    FileHeader header;
    if (read_header(files[i], header))
      headers.push_back(std::move(header));
    else if (named_dicom(files[i]))
      fail(files[i].string() + ": named as DICOM but is " +
           (fs::file_size(files[i]) == 0 ? "empty" : "not a DICOM file") + "; copy it again or remove it");
    else if (fs::file_size(files[i]) == 0)
      warnings.push_back({"empty-file", "empty file ignored", {files[i]}});
  }
  CtSeries series = collect(headers, choose(path, headers, series_uid));
  series.warnings = std::move(warnings);
  return series;
}

CtSeries collect_ct_series(const std::vector<fs::path>& files, const std::string& series_uid) {
  std::vector<FileHeader> headers;
  for (const fs::path& file : files) {
    FileHeader header;
    if (!read_header(file, header)) fail(file.string() + ": no longer a DICOM file");
    headers.push_back(std::move(header));
  }
  return collect(headers, series_uid);
}

}  // namespace anatomynet::dicom
