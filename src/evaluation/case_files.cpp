#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "core/error.h"
#include "core/known_organs.h"
#include "curation/roi_names.h"
#include "evaluation/file_names.h"
#include "evaluation/structure_files.h"
#include "io/dicom/dicom_index.h"
#include "io/image/foreign_file.h"
#include "io/image/image_file.h"

namespace anatomynet::evaluation {
namespace fs = std::filesystem;

std::string image_stem(const fs::path& file) {
  const std::string name = file.filename().string();
  if (io::is_image_file_name(file)) return io::without_image_extension(name);
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // Names of DICOM files without an ending have dots of their own: RS.1.2.840.113.
  return extension == ".dcm" || extension == ".dicom" ? file.stem().string() : name;
}

std::string organ_by_name(const std::string& name) {
  static const curation::RoiNames names = curation::RoiNames::shipped();
  if (const Organ* organ = find_organ(known_organs(), name)) return organ->name;
  const curation::NamedOrgan named = names(name);
  if (named.verdict != curation::NamedOrgan::Verdict::organ) return {};
  const Organ* organ = find_organ(names.organs(), named.organ_id);
  return organ ? organ->name : std::string();
}

std::vector<fs::path> visible_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().string().starts_with('.')) out.push_back(it->path());
  if (error) throw Error(ErrorKind::input, folder.string() + ": cannot read the folder: " + error.message());
  std::sort(out.begin(), out.end());
  return out;
}

namespace {

std::string without_suffix(std::string stem) {
  for (const std::string suffix : {"_labels", "_label", "_seg", "_pred", "_mask"})
    if (stem.size() > suffix.size() && stem.ends_with(suffix))
      return stem.substr(0, stem.size() - suffix.size());
  return stem;
}

bool is_ct_name(const std::string& stem) {
  return stem == "ct" || stem == "img" || stem == "image" || stem.ends_with("_ct") || stem.ends_with("_0000");
}

std::string folder_name(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole.filename() : whole.parent_path().filename()).string();
}

std::string id_of_file(const fs::path& file) {
  const std::string stem = image_stem(file);
  for (const char* usual :
       {"labels", "label", "mask", "seg", "segmentation", "truth", "prediction", "rtstruct"})
    if (stem == usual) return folder_name(fs::absolute(file).parent_path());
  return without_suffix(stem);
}

// A CT beside a label map: <id>_ct, or ct and img where the folder is the case's own.
fs::path image_beside(const fs::path& labels) {
  const fs::path folder = labels.parent_path();
  const std::string stem = without_suffix(image_stem(labels));
  for (const char* extension : io::usual_image_extensions)
    for (const std::string& name : {stem + "_ct", stem + "_0000", std::string("ct"), std::string("img")}) {
      std::error_code error;
      if (fs::is_regular_file(folder / (name + extension), error)) return folder / (name + extension);
    }
  return {};
}

class Finder {
 public:
  CaseFiles found;

  void look(const fs::path& given) {
    std::error_code error;
    fs::path path = given;
    if (path.extension() == ".img" && fs::is_regular_file(fs::path(path).replace_extension(".hdr"), error))
      path.replace_extension(".hdr");  // a NIfTI pair is one image, whichever of its files is named
    if (!fs::exists(path, error)) throw Error(ErrorKind::input, path.string() + ": no such file or folder");
    const std::size_t before = found.cases.size();
    if (fs::is_directory(path, error))
      look_in(path, 3);
    else if (io::is_image_file_name(path) || holds_structures(path))
      add(id_of_file(path), path, image_beside(path));
    if (found.cases.size() > before) return;
    if (const std::string hint = fs::is_regular_file(path, error) ? io::foreign_file_hint(path) : "";
        !hint.empty())
      throw Error(ErrorKind::input, path.string() + ": " + hint);
    throw Error(
        ErrorKind::input,
        path.string() + ": holds no structures; expected a label map, a folder of " +
            "masks named by organ, an RTSTRUCT or DICOM Segmentation, a data set, or folders of these");
  }

 private:
  void add(const std::string& id, const fs::path& path, const fs::path& image) {
    found.cases.push_back({id, path, image, {}, nullptr});
  }

  static bool holds_structures(const fs::path& file) {
    const io::DicomKind kind = io::dicom_kind(file);
    return kind == io::DicomKind::structure_set || kind == io::DicomKind::segmentation;
  }

  void look_in(const fs::path& folder, int depth) {
    std::error_code error;
    if (!seen_.insert(fs::canonical(folder, error)).second) return;  // a link to where we were
    if (fs::is_regular_file(folder / "dataset.json", error)) return add_data_set(folder);
    if (const fs::path labels = io::label_map_in(folder); !labels.empty())
      return add(folder_name(folder), folder, image_beside(labels));
    if (fs::is_directory(folder / "structures", error)) {
      const fs::path image = folder / "img.nrrd";
      return add(folder_name(folder), folder / "structures", fs::exists(image, error) ? image : fs::path());
    }
    std::vector<fs::path> maps, others, folders;
    std::size_t organs = 0;
    for (const fs::path& path : visible_files(folder)) {
      if (fs::is_directory(path, error)) folders.push_back(path);
      if (!fs::is_regular_file(path, error)) continue;
      if (!io::is_image_file_name(path)) {
        others.push_back(path);
        continue;
      }
      if (is_ct_name(image_stem(path))) continue;
      maps.push_back(path);
      organs += !organ_by_name(image_stem(path)).empty();
    }
    if (!maps.empty() && 2 * organs > maps.size()) return add(folder_name(folder), folder, {});
    for (const fs::path& map : maps) add(id_of_file(map), map, image_beside(map));
    if (!maps.empty()) return;
    std::erase_if(others, [](const fs::path& file) { return !holds_structures(file); });
    for (const fs::path& file : others)
      add(others.size() == 1 ? folder_name(folder) : id_of_file(file), file, {});
    if (!others.empty()) return;
    if (depth > 0)
      for (const fs::path& inner : folders) look_in(inner, depth - 1);
  }

  std::set<fs::path> seen_;  // folders

  void add_data_set(const fs::path& folder) {
    const auto set = std::make_shared<const curation::DatasetFolder>(
        curation::read_dataset_folder(folder, curation::AbsentFiles::cost_the_case));
    found.data_sets.push_back(set);
    for (const auto* part : {&set->validation, &set->training})
      for (const curation::DatasetCase& c : *part) {
        CaseFile file{c.id, c.labels, c.image, {}, set.get(), &c};
        for (const int id : c.annotated)
          if (const Organ* organ = find_organ(set->organs, id)) file.annotated.push_back(organ->name);
        found.cases.push_back(std::move(file));
      }
  }
};

std::string parent_name(const CaseFile& c) { return folder_name(fs::absolute(c.path).parent_path()); }

[[noreturn]] void twice(const CaseFile& a, const CaseFile& b) {
  throw Error(ErrorKind::input, a.path.string() + " and " + b.path.string() + ": two cases named " + a.id +
                                    "; give one of them, or rename one");
}

// <scan>/oncologist of several scans: the scan is the case.
void settle_ids(std::vector<CaseFile>& cases) {
  std::map<std::string, std::map<std::string, CaseFile*>> by_id;
  std::map<std::string, int> times;
  for (CaseFile& c : cases) {
    ++times[c.id];
    const auto [it, fresh] = by_id[c.id].emplace(parent_name(c), &c);
    if (!fresh) twice(*it->second, c);
  }
  std::map<std::string, const CaseFile*> settled;
  for (CaseFile& c : cases) {
    if (times[c.id] > 1) c.id = parent_name(c);
    const auto [it, fresh] = settled.emplace(c.id, &c);
    if (!fresh) twice(*it->second, c);
  }
}

}  // namespace

CaseFiles find_cases(const std::vector<fs::path>& paths) {
  Finder finder;
  for (const fs::path& path : paths) finder.look(path);
  settle_ids(finder.found.cases);
  return std::move(finder.found);
}

}  // namespace anatomynet::evaluation
