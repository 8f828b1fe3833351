#include "pipeline/batch_cases.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include <fnmatch.h>

#include "core/error.h"
#include "core/file_name.h"
#include "core/sha256.h"
#include "io/dicom/dicom_index.h"
#include "io/image/foreign_file.h"
#include "io/image/image_file.h"
#include "pipeline/batch_identity.h"

namespace anatomynet::pipeline {
namespace {

namespace fs = std::filesystem;

// A path within the input as one file name.
std::string flat_name(const fs::path& relative) {
  std::string name = io::without_image_extension(relative.generic_string());
  std::replace(name.begin(), name.end(), '/', '_');
  name.erase(0, name.find_first_not_of('.'));  // neither hidden nor ".."
  return name;
}

// "pt_1" of pt_1_ct, case_0000 and pt_1/ct.nii.gz: the name that evaluate and nnU-Net know the case by.
std::string without_ct(const std::string& name) {
  for (const char* suffix : {"_ct", "_img", "_image", "_0000"})
    if (name.size() > std::string_view(suffix).size() && name.ends_with(suffix))
      return name.substr(0, name.size() - std::string_view(suffix).size());
  return name;
}

// Unless two images would be called the same.
void drop_ct(std::vector<BatchCase>& cases) {
  std::map<std::string, int> called;
  for (const BatchCase& c : cases) ++called[without_ct(c.name)];
  for (BatchCase& c : cases)
    if (std::string name = without_ct(c.name); called[name] == 1) c.name = std::move(name);
}

fs::path common_folder(const std::vector<fs::path>& files) {
  fs::path common = files.front().parent_path();
  for (const fs::path& file : files)
    while (!common.empty() && common.has_relative_path() &&
           std::mismatch(common.begin(), common.end(), file.begin(), file.end()).first != common.end())
      common = common.parent_path();
  return common;
}

fs::path whole_path(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  return error ? path : whole.has_filename() ? whole : whole.parent_path();
}

void add_series(std::vector<BatchCase>& cases, const std::shared_ptr<const io::DicomArchive>& archive,
                const fs::path& root, const io::ReadOptions& reading) {
  std::map<fs::path, int> series_in;
  for (const io::ArchivedCt& ct : archive->cts) ++series_in[common_folder(ct.files)];
  for (const io::ArchivedCt& ct : archive->cts) {
    const fs::path folder = common_folder(ct.files);
    std::string name = flat_name(folder.lexically_relative(root));
    if (name.empty())
      name = ct.series_uid;
    else if (series_in[folder] > 1)
      name += "_" + ct.series_uid;
    cases.push_back({name, ct.series_uid + ", " + files_identity(ct.files), whole_path(folder), ct.series_uid,
                     [archive, &ct, reading] { return io::read_archived_ct(ct, reading); }});
  }
}

// Image files are what the reader of DICOM folders passed over.
void add_images(std::vector<BatchCase>& cases, const io::DicomArchive& archive, const fs::path& root,
                const std::string& match) {
  std::vector<BatchCase> images;
  for (const io::SkippedFile& skipped : archive.skipped) {
    const fs::path file = skipped.file;
    std::error_code error;
    if (skipped.kind == io::SkippedFile::Kind::hidden || !fs::is_regular_file(file, error) ||
        !io::is_image_file_name(file) || ::fnmatch(match.c_str(), file.filename().c_str(), 0) != 0)
      continue;
    images.push_back({flat_name(file.lexically_relative(root)), image_identity(file), whole_path(file), "",
                      [file] { return io::read_ct(file); }});
  }
  drop_ct(images);
  std::move(images.begin(), images.end(), std::back_inserter(cases));
}

io::CtImage read_listed(const fs::path& path, const std::string& where, const io::ReadOptions& reading) {
  std::error_code error;
  if (!fs::exists(path, error))
    throw Error(ErrorKind::input,
                where + ": " + path.string() + ": no such file or folder; paths are relative to the list");
  return io::read_ct(path, reading);
}

void add_listed(std::vector<BatchCase>& cases, const fs::path& list, const io::ReadOptions& reading) {
  std::ifstream stream(list);
  if (!stream)
    throw Error(ErrorKind::input, list.string() + ": cannot be read: " + std::strerror(errno) +
                                      "; give a folder or a list of CTs");
  if (const std::string hint = io::foreign_file_hint(list); !hint.empty() && !io::is_image_file_name(list))
    throw Error(ErrorKind::input, list.string() + ": " + hint);
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::string where = list.string() + ": line " + std::to_string(++number);
    if (number == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF")))
      throw Error(ErrorKind::input, list.string() + ": UTF-16 text; save the list as UTF-8");
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // as Windows editors begin a text
    if (line.find('\0') != std::string::npos)
      throw Error(ErrorKind::input,
                  where + " is no text; a batch takes a folder, or a text file that names one CT a line");
    line.erase(line.find_last_not_of(" \t\r") + 1);
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty() || line.front() == '#') continue;
    const fs::path path = (list.parent_path() / line).lexically_normal();
    const fs::path named = path.has_filename() ? path : path.parent_path();
    std::error_code ignored;
    cases.push_back({flat_name(named.filename()),
                     fs::is_directory(path, ignored) ? folder_identity(path) : image_identity(path),
                     whole_path(path), "",
                     [path, where, reading] { return read_listed(path, where, reading); }});
  }
}

void make_names_unique(std::vector<BatchCase>& cases) {
  std::set<std::string> taken;
  for (BatchCase& c : cases) {
    // Folders and series UIDs come from others: what is no name of one folder becomes one.
    c.name = c.name.empty() ? "case" : safe_file_name(c.name);
    std::string name = c.name;
    for (int n = 2; !taken.insert(name).second; ++n) name = c.name + "-" + std::to_string(n);
    c.name = name;
  }
}

}  // namespace

std::string input_id_of(const BatchCase& batch_case) {
  if (batch_case.identity.empty()) return {};
  Sha256 hash;
  hash.add_field(batch_case.identity);
  return hash.hex();
}

std::vector<BatchCase> batch_cases(const fs::path& given, const std::string& match,
                                   const io::ReadOptions& reading, std::vector<Warning>& warnings,
                                   const Progress& progress) {
  const fs::path input = io::folder_of_dicomdir(given);
  std::vector<BatchCase> cases;
  std::string hint;
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) {
    const auto archive = std::make_shared<const io::DicomArchive>(io::index_dicom(input, 0, progress));
    add_series(cases, archive, input, reading);
    add_images(cases, *archive, input, match);
    warnings = io::warnings_of(*archive);
    if (cases.empty() && match == "*") hint = io::foreign_files_hint(*archive);
    std::sort(cases.begin(), cases.end(),
              [](const BatchCase& a, const BatchCase& b) { return a.name < b.name; });
  } else {
    add_listed(cases, input, reading);
  }
  if (cases.empty())
    throw Error(ErrorKind::input,
                input.string() + ": no CT is named there; expected a folder with DICOM CT series or " +
                    "NIfTI, NRRD or MetaImage files" + (match == "*" ? "" : " that fit " + match) +
                    ", or a text file that names one a line" + (hint.empty() ? "" : "; " + hint));
  make_names_unique(cases);
  return cases;
}

}  // namespace anatomynet::pipeline
