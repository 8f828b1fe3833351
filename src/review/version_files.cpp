#include "review/version_files.h"

#include <algorithm>
#include <functional>
#include <set>

#include "core/cpus.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/parallel_for.h"
#include "core/version.h"
#include "io/dicom/dicom_seg_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/roi_contours.h"
#include "pipeline/roi_files.h"
#include "pipeline/stored_structures.h"
#include "review/colour.h"
#include "review/mask_runs.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

using json = nlohmann::ordered_json;
using evaluation::BoxedMask;

constexpr std::uint64_t largest_masks = 4ull << 30;  // bytes of masks.runs

std::string program() { return std::string("anatomynet ") + version(); }

// An organ as it is called in DICOM objects.
Organ labelled(const Structure& structure) {
  Organ organ = structure.organ;
  organ.name = structure.label;
  return organ;
}

io::RoiContours contours(const OpenedCase& of, const Structure& structure, const VersionStyle& style) {
  templates::TemplateRoi roi;
  roi.organ = labelled(structure);
  roi.structure = structure.organ.name;
  roi.type = structure.interpreted_type;
  const pipeline::ContourStyle how{false, style.exclusive_or};
  io::RoiContours out =
      of.uneven() ? pipeline::contours_of(roi, on_even_grid(of, *structure.mask), 1, how, of.uneven())
                  : pipeline::contours_of(roi, *structure.mask, how, nullptr);
  out.generation = structure.generation;
  return out;
}

std::string write_structure_set(const fs::path& path, const OpenedCase& of, const Structures& structures,
                                const VersionInfo& info, const std::string& predecessor,
                                const VersionStyle& style) {
  std::vector<io::RoiContours> rois(structures.size());
  std::vector<std::function<void()>> tasks;
  for (std::size_t i = 0; i < structures.size(); ++i)
    tasks.emplace_back([&, i] { rois[i] = contours(of, structures[i], style); });
  parallel_for(tasks, usable_cpus());
  io::RtStructOptions how;
  how.label = info.approved ? "Approved" : "Reviewed";
  how.series_description = info.approved ? "Contours approved by review" : "Contours in review, not approved";
  how.algorithm = of.origin.model;
  how.software_version = program();
  how.predecessor = predecessor;
  if (info.approved) how.reviewer = info.by;
  return io::write_rtstruct(path, *of.ct.dicom, rois, how);
}

void write_segmentation(const fs::path& path, const OpenedCase& of, const Structures& structures,
                        const VersionInfo& info, Messages& messages) {
  io::SegmentationOptions how;
  how.series_description = info.approved ? "Contours approved by review" : "Contours in review, not approved";
  how.algorithm = of.origin.model;
  how.software_version = program();
  how.creator = info.by;
  io::SegmentationWriter writer(*of.ct.dicom, of.grid, how);
  bool any = false;
  for (const Structure& structure : structures)
    if (!structure.mask->empty())
      any = writer.add(labelled(structure), {structure.mask->low, structure.mask->size},
                       structure.mask->voxels, structure.generation) ||
            any;
  if (any) return writer.write(path);
  messages.warning("no structure has a voxel, so there is no seg.dcm: a DICOM Segmentation cannot be empty");
}

// Whoever imports the structure set must get what the reviewer saw.
void check_structure_set(const fs::path& path, const OpenedCase& of, const Structures& structures) {
  const pipeline::StoredStructures stored = pipeline::read_stored_structures(path, of.ct.volume.grid, &of.ct);
  std::vector<const Structure*> by_number;
  for (const Structure& structure : structures) by_number.push_back(&structure);
  std::sort(by_number.begin(), by_number.end(),
            [](const Structure* a, const Structure* b) { return a->organ.id < b->organ.id; });
  bool same = stored.structures.size() == by_number.size();
  for (std::size_t i = 0; same && i < by_number.size(); ++i) {
    const BoxedMask& read = stored.structures[i].mask;
    same = same_voxels(of.uneven() ? on_case_grid(of, pipeline::whole(read), 1) : read, *by_number[i]->mask);
    if (!same)
      throw Error(ErrorKind::internal, "structure " + std::to_string(by_number[i]->organ.id) +
                                           ": the structure set that was written does not hold the voxels "
                                           "that were drawn; nothing was saved");
  }
  if (!same) throw Error(ErrorKind::internal, "the structure set lost a structure; nothing was saved");
}

std::array<std::uint8_t, 3> stored_colour(const std::string& text, const fs::path& file) {
  if (const auto colour = colour_from(text)) return *colour;
  throw Error(ErrorKind::input, file.string() + ": '" + text + "' is no colour such as #ff8800");
}

json json_of(const Structure& structure, std::size_t runs, const std::string& file) {
  json flags = json::array();
  for (const Flag& flag : structure.flags) flags.push_back({{"code", flag.code}, {"text", flag.text}});
  const Organ& organ = structure.organ;
  return {{"id", organ.id},
          {"name", organ.name},
          {"label", structure.label},
          {"colour", colour_text(organ.colour)},
          {"code", organ.snomed_code},
          {"code_meaning", organ.snomed_meaning},
          {"side", organ.laterality == Laterality::left    ? "left"
                   : organ.laterality == Laterality::right ? "right"
                                                           : "none"},
          {"interpreted_type", structure.interpreted_type},
          {"generation", structure.generation},
          {"locked", structure.locked},
          {"seconds", structure.seconds},
          {"voxels", structure.mask->count},
          {"flags", flags},
          {"unsure", structure.unsure},
          {"runs", runs},
          {"mask", file.empty() ? json(nullptr) : json(file)}};
}

Structure structure_of(const json& j, const fs::path& file) {
  Structure out;
  Organ& organ = out.organ;
  organ.id = j.at("id");
  organ.name = j.at("name");
  organ.colour = stored_colour(j.at("colour"), file);
  organ.snomed_code = j.at("code");
  organ.snomed_meaning = j.at("code_meaning");
  const std::string side = j.at("side");
  organ.laterality = side == "left"    ? Laterality::left
                     : side == "right" ? Laterality::right
                                       : Laterality::none;
  out.label = j.at("label");
  out.interpreted_type = j.at("interpreted_type");
  out.generation = j.at("generation");
  out.locked = j.at("locked");
  out.seconds = j.at("seconds");
  for (const json& flag : j.at("flags")) out.flags.push_back({flag.at("code"), flag.at("text")});
  out.unsure = j.at("unsure").get<std::vector<Vec3>>();
  return out;
}

VersionInfo info_of(const json& j) {
  VersionInfo info;
  info.number = j.at("version");
  info.parent = j.at("parent");
  info.made = j.at("made");
  info.by = j.at("by");
  info.role = j.value("role", "");
  info.reason = j.at("reason");
  info.approved = j.at("approved");
  info.instance = j.at("sop_instance_uid");
  return info;
}

json read_version_json(const fs::path& folder) { return read_json<json>(folder / "version.json"); }

}  // namespace

void write_masks(OutputFolder& out, const Structures& structures, const VersionInfo& info,
                 const std::vector<std::string>& files) {
  json list = json::array();
  std::string bytes;
  for (std::size_t i = 0; i < structures.size(); ++i) {
    const Runs runs = runs_of(*structures[i].mask);
    list.push_back(json_of(structures[i], runs.size(), i < files.size() ? files[i] : ""));
    bytes += bytes_of(runs);
  }
  const json all{{"program", program()},
                 {"version", info.number},
                 {"parent", info.parent},
                 {"made", info.made},
                 {"by", info.by},
                 {"role", info.role},
                 {"reason", info.reason},
                 {"approved", info.approved},
                 {"sop_instance_uid", info.instance},
                 {"structures", list}};
  write_file_atomically(out.stage("masks.runs"), bytes);
  write_file_atomically(out.stage("version.json"), json_text(all, 2) + "\n");
}

void write_version(OutputFolder& out, const OpenedCase& of, const Structures& structures, VersionInfo& info,
                   const std::string& predecessor, const VersionStyle& style, Messages& messages) {
  pipeline::RoiFileNames names;
  std::vector<std::string> files;
  std::vector<std::function<void()>> tasks;  // the longest first
  std::string instance;
  if (of.ct.dicom) {
    tasks.emplace_back([&, path = out.stage("structures.dcm")] {
      instance = write_structure_set(path, of, structures, info, predecessor, style);
      check_structure_set(path, of, structures);
    });
    tasks.emplace_back(
        [&, path = out.stage("seg.dcm")] { write_segmentation(path, of, structures, info, messages); });
  }
  for (const Structure& structure : structures) {
    files.push_back("masks/" + names(structure.organ.name, structure.organ.id) + ".nii.gz");
    tasks.emplace_back([&of, &structure, path = out.stage(files.back())] {
      const BoxedMask& mask = *structure.mask;
      if (of.uneven())
        io::write_mask(path, on_even_grid(of, mask), 1);
      else
        io::write_mask(path, of.grid, {mask.low, mask.size}, mask.voxels);
    });
  }
  parallel_for(tasks, usable_cpus());
  info.instance = instance;
  write_masks(out, structures, info, files);
}

VersionInfo read_version_info(const fs::path& folder) {
  const fs::path file = folder / "version.json";
  return reading_json(file.string(), ErrorKind::input, [&] { return info_of(read_version_json(folder)); });
}

Version read_version(const fs::path& folder, const Grid& grid) {
  const fs::path file = folder / "version.json", masks = folder / "masks.runs";
  return reading_json(file.string(), ErrorKind::input, [&] {
    const json all = read_version_json(folder);
    const Runs runs = runs_from_bytes(read_file(masks, largest_masks));
    Version out{info_of(all), {}};
    std::size_t at = 0;
    for (const json& one : all.at("structures")) {
      Structure structure = structure_of(one, file);
      const auto count = one.at("runs").get<std::size_t>();
      if (count > runs.size() - at || find_structure(out.structures, structure.organ.id))
        throw Error(ErrorKind::input, masks.string() + ": does not fit version.json");
      try {
        structure.mask = std::make_shared<const BoxedMask>(mask_of(grid, std::span(runs).subspan(at, count)));
      } catch (const Error& error) {
        throw error.within(masks.string());
      }
      at += count;
      out.structures.push_back(std::move(structure));
    }
    if (at != runs.size()) throw Error(ErrorKind::input, masks.string() + ": does not fit version.json");
    return out;
  });
}

}  // namespace anatomynet::review
