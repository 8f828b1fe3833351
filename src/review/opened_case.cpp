#include "review/opened_case.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file_name.h"
#include "core/json.h"
#include "core/known_organs.h"
#include "core/sha256.h"
#include "core/text.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/structure_set.h"
#include "io/image/image_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/stored_structures.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

using evaluation::BoxedMask;

constexpr int first_derived_id = 1000;  // beyond every value of a label map

// Of structures that bring none: told apart by colour-blind readers too (Okabe and Ito 2008).
constexpr std::array<std::array<std::uint8_t, 3>, 8> palette = {{{230, 159, 0},
                                                                 {86, 180, 233},
                                                                 {0, 158, 115},
                                                                 {240, 228, 66},
                                                                 {0, 114, 178},
                                                                 {213, 94, 0},
                                                                 {204, 121, 167},
                                                                 {153, 153, 153}}};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

nlohmann::json json_in(const fs::path& file, std::vector<std::string>& warnings) {
  if (!is_file(file)) return nlohmann::json::object();
  try {
    nlohmann::json read = read_json(file);
    if (read.is_object()) return read;
    warnings.push_back(file.filename().string() + ": is no object; left aside");
  } catch (const Error& error) {
    warnings.push_back(std::string(error.what()) + "; left aside");
  }
  return nlohmann::json::object();
}

std::string text_at(const nlohmann::json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
  return clean_text(object[key].get<std::string>(), longest_message);
}

const nlohmann::json& list_at(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none = nlohmann::json::array();
  return object.is_object() && object.contains(key) && object[key].is_array() ? object[key] : none;
}

/// "PATH, series UID" of summary.json's input.
struct CtPlace {
  fs::path path;
  std::string series;
};

CtPlace ct_place(const std::string& input) {
  constexpr std::string_view mark = ", series ";
  const std::size_t at = input.rfind(mark);
  if (at == std::string::npos) return {input, ""};
  const std::string path = input.substr(0, at), series = input.substr(at + mark.size());
  if (path == "CT") return {"", series};  // of an anonymous run
  return {path, series};
}

/// Reads structures for a CT.
class StructureReader {
 public:
  StructureReader(const OpenedCase& on, std::vector<std::string>& warnings) : on_(on), warnings_(warnings) {}

  Structures read(const fs::path& input) {
    std::error_code error;
    if (fs::is_directory(input, error)) return from_results(input);
    if (io::is_image_file_name(input)) return from_label_map(input, nlohmann::json::object());
    return from_dicom(input);
  }

 private:
  /// On the CT's own grid; refuses a map of another.
  LabelVolume on_ct(LabelVolume labels, const fs::path& file) const {
    const Grid& grid = on_.ct.volume.grid;
    if (same_grid(labels.grid, grid, 0.01)) return labels;
    if (labels.grid.voxel_count() != grid.voxel_count())
      throw Error(ErrorKind::input, file.string() + ": lies on another grid (" + describe(labels.grid) +
                                        ") than the CT (" + describe(grid) + "); give the CT it was made on");
    return pipeline::placed_on(grid, labels, file.string());
  }

  Structures from_label_map(const fs::path& file, const nlohmann::json& summary) {
    std::vector<Warning> said;
    const LabelVolume labels = on_ct(io::read_labels(file, &said), file);
    for (const Warning& warning : said) warnings_.push_back(with_files(warning));
    std::map<int, std::string> names;
    for (const auto& organ : list_at(summary, "organs")) {
      const bool whole = organ.is_object() && organ.contains("id") && organ["id"].is_number_integer();
      const int id = whole ? organ["id"].get<int>() : 0;
      if (id > 0 && id < 256) names[id] = text_at(organ, "name");
    }
    for (int value = 1; value < 256; ++value) {
      if (label_box(labels, value).empty() || names.contains(value)) continue;
      const Organ* known = find_organ(known_organs(), value);
      names[value] = known ? known->name : "Label " + std::to_string(value);
    }
    Structures out;
    for (const auto& [id, name] : names)
      out.push_back(structure(id, name.empty() ? "Label " + std::to_string(id) : name, "",
                              on_case_grid(on_, labels, id)));
    return out;
  }

  Structures from_results(const fs::path& folder) {
    const fs::path map = io::label_map_in(folder);
    if (map.empty())
      throw Error(ErrorKind::input, folder.string() +
                                        ": holds no label map (labels.nii.gz, .nrrd or .mha); give a folder "
                                        "that segment wrote, a structure set or a label map");
    const nlohmann::json summary = json_in(folder / "summary.json", warnings_);
    Structures out = from_label_map(map, summary);
    for (Structure& one : out) one.generation = automatic;
    add_derived(out, folder, summary, map);
    add_names(out, folder / "rtstruct.dcm");
    add_flags(out, json_in(folder / "quality.json", warnings_));
    return out;
  }

  void add_derived(Structures& out, const fs::path& folder, const nlohmann::json& summary,
                   const fs::path& map) {
    const std::string name_of_map = map.filename().string(),
                      ending =
                          name_of_map.find(".seg.") != std::string::npos ? ".nrrd" : name_of_map.substr(6);
    int id = first_derived_id;
    for (const auto& derived : list_at(summary, "derived")) {
      const std::string name = text_at(derived, "name");
      const fs::path file = folder / "masks" / (name + ending);
      ++id;
      if (!is_file_name(name) || !is_file(file)) continue;
      std::vector<Warning> said;
      const LabelVolume mask = on_ct(io::read_mask(file, &said), file);
      Structure one = structure(id, name, "", on_case_grid(on_, mask, 1));
      one.generation = automatic;
      one.flags.push_back(
          {"derived", "made of " + text_at(derived, "is") + "; it does not follow when these are corrected"});
      out.push_back(std::move(one));
    }
  }

  // A template may have named, coloured and typed them otherwise.
  void add_names(Structures& out, const fs::path& rtstruct) const {
    if (!is_file(rtstruct)) return;
    try {
      const io::StructureSet set = io::read_structure_set(rtstruct);
      for (const io::StoredRoi& roi : set.rois) {
        Structure* const one = find_structure(out, roi.number);
        if (!one) continue;
        one->label = clean_text(roi.name, longest_value);
        if (!roi.interpreted_type.empty()) one->interpreted_type = roi.interpreted_type;
        if (roi.colour) one->organ.colour = *roi.colour;
      }
    } catch (const Error& error) {
      warnings_.push_back(std::string(error.what()) + "; names and colours are the program's own");
    }
  }

  void add_flags(Structures& out, const nlohmann::json& quality) const {
    for (const auto& organ : list_at(quality, "organs")) {
      const std::string name = text_at(organ, "name");
      for (Structure& one : out) {
        if (name.empty() || one.organ.name != name) continue;
        for (const auto& flag : list_at(organ, "flags"))
          one.flags.push_back({text_at(flag, "code"), text_at(flag, "text")});
        for (const auto& piece : list_at(organ, "pieces_beside_largest"))
          add_place(one, list_at(piece, "centroid_lps_mm"));
        for (const auto& place : list_at(organ, "unsure_places"))
          add_place(one, list_at(place, "place_lps_mm"));
      }
    }
  }

  void add_place(Structure& one, const nlohmann::json& at) const {
    if (at.size() != 3) return;
    Vec3 world{};
    for (std::size_t k = 0; k < 3; ++k) {
      if (!at[k].is_number()) return;
      world[k] = at[k].get<double>();
    }
    Vec3 index = on_.ct.volume.grid.to_index(world);
    if (const UnevenSlices* const uneven = on_.uneven())
      index[2] = uneven->positions().index_of(index[2] * uneven->even().spacing[2]);
    one.unsure.push_back(index);
  }

  Structures from_dicom(const fs::path& file) {
    const pipeline::StoredStructures stored =
        pipeline::read_stored_structures(file, on_.ct.volume.grid, &on_.ct);
    warnings_.insert(warnings_.end(), stored.warnings.begin(), stored.warnings.end());
    Structures out;
    int id = 0;
    for (const pipeline::StoredStructure& one : stored.structures) {
      ++id;
      out.push_back(structure(id, clean_text(one.name, longest_value), one.organ,
                              on_.uneven() ? on_case_grid(on_, pipeline::whole(one.mask), 1) : one.mask));
    }
    if (io::is_segmentation(file)) return out;
    const io::StructureSet set = io::read_structure_set(file);
    for (std::size_t i = 0; i < out.size() && i < set.rois.size(); ++i) {
      const io::StoredRoi& roi = set.rois[i];
      if (roi.colour) out[i].organ.colour = *roi.colour;
      if (!roi.interpreted_type.empty()) out[i].interpreted_type = roi.interpreted_type;
      out[i].generation = roi.generation_algorithm;
    }
    return out;
  }

  /// `organ`: its TG-263 name; empty: perhaps the label is one.
  Structure structure(int id, const std::string& label, const std::string& organ, BoxedMask mask) const {
    Structure out;
    out.label = label.empty() ? "ROI " + std::to_string(id) : label;
    const Organ* const known = find_organ(known_organs(), organ.empty() ? label : organ);
    if (known) out.organ = *known;
    out.organ.id = id;
    if (!known) {
      out.organ.name = out.label;
      out.organ.colour = palette[static_cast<std::size_t>(id) % palette.size()];
    }
    out.mask = std::make_shared<const BoxedMask>(std::move(mask));
    return out;
  }

  const OpenedCase& on_;
  std::vector<std::string>& warnings_;
};

// The file that holds the structures of an input.
fs::path structures_file(const fs::path& input) {
  std::error_code error;
  return fs::is_directory(input, error) ? io::label_map_in(input) : input;
}

CtPlace place_of_ct(const OpenOptions& options, bool is_folder, const nlohmann::json& summary) {
  CtPlace place;
  if (is_folder) place = ct_place(text_at(summary, "input"));
  if (!options.ct.empty()) place.path = options.ct;
  std::error_code error;
  if (place.path.empty() || !fs::exists(place.path, error))
    throw Error(options.ct.empty() ? ErrorKind::usage : ErrorKind::input,
                (options.ct.empty() ? options.input.string() + ": its CT is not known" +
                                          (place.path.empty() ? "" : ", or not at " + place.path.string())
                                    : options.ct.string() + ": is not there") +
                    "; say where it is with --ct");
  if (!is_folder && place.series.empty() && io::dicom_kind(options.input) == io::DicomKind::structure_set) {
    const io::StructureSet set = io::read_structure_set(options.input);
    if (set.referenced_series.size() == 1) place.series = set.referenced_series.front();
  }
  return place;
}

// A series that is asked for but lies elsewhere is no reason to refuse the one that is given.
io::CtImage read_ct_at(const CtPlace& place, io::ReadOptions reading, const Progress& progress) {
  const bool asked = !reading.series_uid.empty();
  if (!asked) reading.series_uid = place.series;
  std::error_code error;
  if (!asked && !fs::is_directory(place.path, error)) reading.series_uid.clear();
  return io::read_ct(place.path, reading, progress);
}

}  // namespace

LabelVolume on_even_grid(const OpenedCase& on, const BoxedMask& mask) {
  LabelVolume out = pipeline::whole(mask);
  return on.uneven() ? on.uneven()->to_even(out) : out;
}

BoxedMask on_case_grid(const OpenedCase& on, const LabelVolume& mask, int value) {
  if (!on.uneven()) return evaluation::boxed(mask, value);
  BoxedMask out = evaluation::boxed(on.uneven()->to_slices(mask), value);
  out.grid = on.grid;
  return out;
}

OpenedCase open_case(const OpenOptions& options, const Progress& progress) {
  OpenedCase out;
  std::error_code error;
  const bool is_folder = fs::is_directory(options.input, error);
  if (!is_folder && !is_file(options.input))
    throw Error(ErrorKind::input, options.input.string() +
                                      ": is not there; expected a folder that segment wrote, an RTSTRUCT, a "
                                      "DICOM Segmentation or a label map");
  const nlohmann::json summary =
      is_folder ? json_in(options.input / "summary.json", out.warnings) : nlohmann::json::object();
  const CtPlace place = place_of_ct(options, is_folder, summary);
  out.ct = read_ct_at(place, options.reading, progress);
  for (const Warning& warning : out.ct.warnings) out.warnings.push_back(with_files(warning));
  out.ct_path = fs::absolute(place.path, error).lexically_normal().string();
  out.grid = out.ct.uneven ? out.ct.uneven->slices.on_slices() : out.ct.volume.grid;
  const fs::path absolute = fs::absolute(options.input, error).lexically_normal();
  out.name = clean_text((absolute.has_filename() ? absolute : absolute.parent_path()).filename().string(),
                        longest_value);
  if (progress) progress("reading the structures", 0);
  out.structures = StructureReader(out, out.warnings).read(options.input);
  if (out.structures.empty()) throw Error(ErrorKind::input, options.input.string() + ": holds no structure");
  const fs::path file = structures_file(options.input),
                 rtstruct = is_folder ? options.input / "rtstruct.dcm" : options.input;
  out.origin.input = options.input.string();
  out.origin.input_digest = digest_of(file).sha256;
  out.origin.program = text_at(summary, "program");
  if (summary.contains("model")) {
    out.origin.model = text_at(summary["model"], "id");
    out.origin.weights = text_at(summary["model"], "weights");
  }
  if (summary.contains("template")) {
    out.origin.template_file = text_at(summary["template"], "file");
    out.origin.template_sha256 = text_at(summary["template"], "sha256");
  }
  if (is_file(rtstruct) && io::dicom_kind(rtstruct) == io::DicomKind::structure_set)
    out.origin.predecessor = io::read_structure_set(rtstruct).sop_instance_uid;
  return out;
}

Structures read_comparison(const fs::path& input, const OpenedCase& on, std::vector<std::string>& warnings) {
  return StructureReader(on, warnings).read(input);
}

}  // namespace anatomynet::review
