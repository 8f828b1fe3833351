#include "evaluation/structure_files.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/json.h"
#include "core/organ_codes.h"
#include "core/resample.h"
#include "curation/dataset_labels.h"
#include "evaluation/file_names.h"
#include "geometry/rasterise_uneven.h"
#include "io/dicom/closed_contours.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/dicom_seg.h"
#include "io/dicom/structure_set.h"
#include "io/image/image_file.h"

namespace anatomynet::evaluation {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::input, file.string() + ": " + why);
}

// By read_labels or read_mask; what is said of the file goes to `out`.
LabelVolume read(const fs::path& file, Structures& out, decltype(io::read_labels)& by = io::read_labels) {
  std::vector<Warning> warnings;
  LabelVolume labels = by(file, &warnings);
  for (const Warning& warning : warnings) out.warnings.push_back(with_files(warning));
  return labels;
}

// With its axes nearest to the patient's.
LabelVolume upright(LabelVolume labels) {
  const Orientation orientation = nearest_orientation(labels.grid);
  return orientation.identity() ? std::move(labels) : reorient(labels, orientation);
}

std::string listed(const OrganTable& organs) {
  std::string text;
  for (const Organ& organ : organs)
    text += (text.empty() ? "" : ", ") + std::to_string(organ.id) + " " + organ.name;
  return text;
}

// Slices of a CT that lay unevenly, as `segment` left them; `grid`: that of the label map.
std::optional<UnevenSlices> uneven_slices(const fs::path& summary, const Grid& grid) {
  std::error_code error;
  if (!fs::exists(summary, error)) return {};
  nlohmann::json report;
  try {
    report = read_json(summary);
  } catch (const Error&) {
    return {};  // add_unfound says so
  }
  if (!report.is_object() || !report.contains("uneven_slices")) return {};
  const auto& stored = report["uneven_slices"];
  if (!stored.is_object() || !stored.contains("positions_mm") || !stored["positions_mm"].is_array())
    return {};
  std::vector<double> mm;
  for (const auto& position : stored["positions_mm"]) {
    if (!position.is_number()) return {};
    mm.push_back(position.get<double>());
    if (!(mm.size() == 1 ? mm[0] == 0 : mm.back() > mm[mm.size() - 2])) return {};
  }
  if (mm.size() < 2) return {};
  UnevenSlices slices(grid, std::move(mm));
  if (!same_grid(slices.even(), grid, 0.01)) return {};
  return slices;
}

Structures from_label_map(const fs::path& file, const LabelNames& names) {
  const OrganTable& organs = names.organs;
  Structures out;
  LabelVolume labels = read(file, out);
  out.uneven = uneven_slices(file.parent_path() / "summary.json", labels.grid);
  labels = upright(std::move(labels));
  out.grid = labels.grid;
  std::string guessed;
  for (auto& [value, mask] : boxed_structures(labels)) {
    const Organ* organ = find_organ(organs, value);
    if (!organ)
      fail(file, "label value " + std::to_string(value) + " is no known organ; known are " + listed(organs) +
                     "; name it with --label " + std::to_string(value) + "=NAME");
    // Data sets share the values of the standard organs; those above are this program's own.
    const Organ* known = find_organ(known_organs(), value);
    const bool stated = std::find(names.stated.begin(), names.stated.end(), value) != names.stated.end();
    if (!stated && known && known->name == organ->name && !find_organ(standard_organs(), value))
      guessed += (guessed.empty() ? "" : ", ") + std::to_string(value) + " as " + organ->name;
    out.organs.emplace(organ->name, std::move(mask));
  }
  std::error_code error;
  if (!guessed.empty() && !fs::exists(file.parent_path() / "summary.json", error))
    out.warnings.push_back(file.string() + ": the image does not name its label values; taken are " +
                           guessed + "; where that is wrong, say --label VALUE=NAME");
  return out;
}

BoxedMask empty_on(const Grid& grid) {
  BoxedMask mask;
  mask.grid = grid;
  return mask;
}

Structures from_data_set(const CaseFile& c) {
  Structures out;
  std::vector<Warning> warnings;
  const LabelVolume labels = upright(curation::read_dataset_labels(*c.data_case, *c.data_set, &warnings));
  for (const Warning& warning : warnings) out.warnings.push_back(with_files(warning));
  auto all = boxed_structures(labels);
  out.grid = labels.grid;
  for (const std::string& name : c.annotated) {
    const auto it = all.find(find_organ(c.data_set->organs, name)->id);
    out.organs.emplace(name, it == all.end() ? empty_on(labels.grid) : std::move(it->second));
  }
  return out;
}

Structures from_masks(const fs::path& folder) {
  Structures out;
  fs::path first;
  for (const fs::path& file : visible_files(folder)) {
    std::error_code error;
    if (!io::is_image_file_name(file) || !fs::is_regular_file(file, error)) continue;
    const std::string stem = image_stem(file), organ = organ_by_name(stem);
    if (organ.empty() && (stem == "img" || stem == "ct")) continue;
    const LabelVolume mask = upright(read(file, out, io::read_mask));
    if (first.empty()) {
      first = file;
      out.grid = mask.grid;
    } else if (!same_grid(mask.grid, out.grid, 0.01)) {
      fail(file, "on another grid (" + describe(mask.grid) + ") than " + first.filename().string() + " (" +
                     describe(out.grid) + "): " + grid_difference(mask.grid, out.grid) +
                     "; masks of one case must lie on one grid");
    }
    const std::string name = organ.empty() ? stem : organ;
    if (!out.organs.emplace(name, boxed(mask, 1)).second)
      out.warnings.push_back(file.string() + ": " + name + " comes from another mask already; left out");
  }
  if (first.empty()) fail(folder, "holds no mask");
  return out;
}

// Organs that the model knows and did not find are empty, not unknown.
void add_unfound(const fs::path& summary, Structures& out) {
  std::error_code error;
  if (!fs::exists(summary, error)) return;
  nlohmann::json report;
  try {
    report = read_json(summary);
  } catch (const Error& damaged) {
    out.warnings.push_back(std::string(damaged.what()) + "; organs that it lists as not found are left out");
  }
  if (!report.is_object() || !report.contains("organs") || !report["organs"].is_array()) return;
  for (const auto& organ : report["organs"])
    if (organ.is_object() && organ.contains("name") && organ["name"].is_string())
      out.organs.emplace(organ["name"].get<std::string>(), empty_on(out.grid));
}

// On the frame's grid, from which slices or voxels they fill.
geometry::Rasterised filled_on(const Frame& frame, std::vector<geometry::PatientContour> contours,
                               const geometry::RasteriseOptions& how) {
  if (frame.uneven) {
    const Orientation orientation = nearest_orientation(frame.uneven->even());
    if (same_grid(reoriented(frame.uneven->even(), orientation), frame.grid, 0.01)) {
      geometry::Rasterised filled = geometry::rasterise(contours, *frame.uneven, how);
      filled.mask = reorient(filled.mask, orientation);
      filled.mask.grid = frame.grid;
      return filled;
    }
  }
  return geometry::rasterise(std::move(contours), frame.grid, how);
}

Structures from_contours(const fs::path& file, const Frame& frame,
                         const geometry::RasteriseOptions& filling) {
  io::StructureSet set = io::read_structure_set(file);
  Structures out;
  try {
    io::check_position(set, frame.grid, "the volume it is compared in");
  } catch (const Error& error) {
    out.misplaced = error.what();
  }
  out.grid = frame.grid;
  out.uneven = frame.uneven;
  out.references = io::references_of(set);
  for (const std::string& warning : set.warnings) out.warnings.push_back(file.string() + ": " + warning);
  for (io::StoredRoi& roi : set.rois) {
    const std::string organ = organ_by_name(roi.name);
    if (organ.empty()) continue;
    const geometry::Rasterised filled = filled_on(frame, io::closed_contours(roi), filling);
    roi.warnings.insert(roi.warnings.end(), filled.warnings.begin(), filled.warnings.end());
    for (const std::string& warning : roi.warnings)
      out.warnings.push_back(file.string() + ": " + roi.name + ": " + warning);
    if (!out.organs.emplace(organ, boxed(filled.mask, 1)).second)
      out.warnings.push_back(file.string() + ": ROI " + roi.name + ": " + organ +
                             " comes from another ROI already; left out");
  }
  if (out.organs.empty()) fail(file, "no ROI is named after a known organ (data/roi-names.toml)");
  return out;
}

std::string organ_of(const io::StoredSegment& segment) {
  if (std::string organ = organ_by_name(segment.label); !organ.empty()) return organ;
  const Organ* organ = find_coded(known_organs(), segment.code, segment.modifier);
  return organ ? organ->name : std::string();
}

// On a larger grid that the mask's grid is a part of; as it is where it is none.
BoxedMask placed(BoxedMask mask, const Grid& whole) {
  const std::optional<Grid> both = grid_around(whole, mask.grid);
  if (!both || both->size != whole.size) return mask;
  const Vec3 at = whole.to_index(mask.grid.origin);
  for (int k = 0; k < 3; ++k) mask.low[k] += mask.empty() ? 0 : std::llround(at[k]);
  mask.grid = whole;
  return mask;
}

Structures from_segmentation(const fs::path& file, const Frame* frame) {
  const io::DicomSegmentation stored = io::read_segmentation(
      file, frame ? &frame->grid : nullptr, frame && frame->uneven ? &*frame->uneven : nullptr);
  Structures out;
  for (const Warning& warning : stored.warnings) out.warnings.push_back(with_files(warning));
  for (const io::StoredSegment& segment : stored.segments) {
    const std::string organ = organ_of(segment);
    if (organ.empty()) continue;
    if (const std::string odd = name_against_code(known_organs(), organ, segment.code, segment.modifier);
        !odd.empty())
      out.warnings.push_back(file.string() + ": segment " + segment.label + ": " + odd);
    LabelVolume decoded = stored.mask(segment);
    const Orientation orientation = nearest_orientation(decoded.grid);
    if (!orientation.identity()) decoded = reorient(decoded, orientation);
    BoxedMask mask = boxed(decoded, 1);
    if (frame) mask = placed(std::move(mask), frame->grid);
    out.grid = mask.grid;
    if (!out.organs.emplace(organ, std::move(mask)).second)
      out.warnings.push_back(file.string() + ": segment " + segment.label + ": " + organ +
                             " comes from another segment already; left out");
  }
  if (out.organs.empty()) fail(file, "no segment is named or coded as a known organ");
  return out;
}

// By what the file holds, whatever it is called.
io::DicomKind kind_of(const CaseFile& file) {
  std::error_code error;
  if (file.data_set || io::is_image_file_name(file.path) || fs::is_directory(file.path, error))
    return io::DicomKind::none;
  return io::dicom_kind(file.path);
}

// segment writes DICOM objects, which say on what they were made, beside its label map.
io::ImageReferences references_beside(const fs::path& folder) {
  for (const char* name : {"rtstruct.dcm", "seg.dcm"})
    if (std::error_code error; fs::is_regular_file(folder / name, error))
      return io::references_in(folder / name);
  return {};
}

}  // namespace

bool needs_frame(const CaseFile& file) { return kind_of(file) == io::DicomKind::structure_set; }
bool wants_frame(const CaseFile& file) {
  return needs_frame(file) || kind_of(file) == io::DicomKind::segmentation;
}

Structures read_structures(const CaseFile& c, const LabelNames& labels, const Frame* frame,
                           const geometry::RasteriseOptions& filling) {
  std::error_code error;
  if (c.data_set) return from_data_set(c);
  const io::DicomKind kind = kind_of(c);
  if (kind == io::DicomKind::segmentation) {
    Structures out = from_segmentation(c.path, frame);
    out.references = io::references_in(c.path);
    return out;
  }
  if (kind == io::DicomKind::structure_set) {
    if (!frame)
      fail(c.path,
           "contours need a grid to be filled on; give the CT with --ct, or a mask on the other side");
    return from_contours(c.path, *frame, filling);
  }
  if (!fs::is_directory(c.path, error)) return from_label_map(c.path, labels);
  if (const fs::path map = io::label_map_in(c.path); !map.empty()) {
    Structures out = from_label_map(map, labels);
    out.references = references_beside(c.path);
    add_unfound(c.path / "summary.json", out);
    return out;
  }
  return from_masks(c.path);
}

std::optional<Grid> grid_around(const Grid& a, const Grid& b) {
  const Vec3 index = a.to_index(b.origin);
  Grid out = a, expected = a;
  Vec3 low{}, at{};
  for (int k = 0; k < 3; ++k) {
    at[k] = std::round(index[k]);
    low[k] = std::min(0.0, at[k]);
    const double high = std::max(double(a.size[k]), at[k] + double(b.size[k]));
    out.size[k] = std::llround(high - low[k]);
  }
  expected.size = b.size;
  expected.origin = a.to_world(at);
  if (!same_grid(b, expected, 0.01)) return {};
  out.origin = a.to_world(low);
  return out;
}

Grid with_slices_of(const Grid& grid, const fs::path& rtstruct) {
  constexpr double most = 2000;  // a point that lies further off is damage: rasterise ignores and names it
  double low = 0, high = double(grid.size[2] - 1);
  for (const io::StoredRoi& roi : io::read_structure_set(rtstruct).rois) {
    if (organ_by_name(roi.name).empty()) continue;
    for (const io::StoredContour& contour : roi.contours)
      for (const Vec3& point : contour.points) {
        const double z = std::round(grid.to_index(point)[2]);
        if (!(std::abs(z) < most)) continue;
        low = std::min(low, z);
        high = std::max(high, z);
      }
  }
  Grid out = grid;
  out.origin = grid.to_world({0, 0, low});
  out.size[2] = std::llround(high - low) + 1;
  return out;
}

void place(Structures& structures, const Grid& whole) {
  for (auto& [organ, mask] : structures.organs) mask = placed(std::move(mask), whole);
  structures.grid = whole;
}

BoxedMask resampled(const BoxedMask& mask, const Grid& target) {
  if (mask.empty()) return empty_on(target);
  LabelVolume box;
  box.grid = mask.grid;
  for (int k = 0; k < 3; ++k) box.grid.size[k] = mask.size[k] + 2;
  box.grid.origin =
      mask.grid.to_world({double(mask.low[0] - 1), double(mask.low[1] - 1), double(mask.low[2] - 1)});
  box.voxels = padded(mask, {mask.low, mask.size});
  for (int k = 0; k < 3; ++k)
    for (int r = 0; r < 3; ++r)
      if (std::abs(mask.grid.direction[r][k] - target.direction[r][k]) > 1e-3)
        throw Error(ErrorKind::input, "the grids' axes are tilted against each other (" +
                                          describe(mask.grid) + "; " + describe(target) +
                                          "); resample with another program first");
  box.grid.direction = target.direction;
  return boxed(resample_labels(box, target), 1);
}

}  // namespace anatomynet::evaluation
