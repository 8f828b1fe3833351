#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>

#include <spdlog/spdlog.h>

#include "cli/app/progress_bar.h"
#include "cli/app/terminal_messages.h"
#include "cli/convert/convert.h"
#include "core/error.h"
#include "core/grid_difference.h"
#include "core/known_organs.h"
#include "core/resample.h"
#include "core/version.h"
#include "curation/roi_names.h"
#include "evaluation/boxed_mask.h"
#include "io/ct_image.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"
#include "pipeline/derived_structures.h"
#include "pipeline/roi_contours.h"

namespace anatomynet::cli {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

std::string with_origin(const Grid& grid) {
  const auto point = [](const Vec3& p) {
    char text[96];
    std::snprintf(text, sizeof text, "(%.3f, %.3f, %.3f)", p[0], p[1], p[2]);
    return std::string(text);
  };
  const Vec3 last{double(grid.size[0] - 1), double(grid.size[1] - 1), double(grid.size[2] - 1)};
  return describe(grid) + " from " + point(grid.origin) + " to " + point(grid.to_world(last));
}

// The same voxels in the CT's order; files of other programs run along the axes in another sense.
LabelVolume on_grid_of(const io::CtImage& ct, const LabelVolume& labels, const std::string& what) {
  constexpr double tolerance_mm = 0.02;
  const Grid& grid = ct.volume.grid;
  if (same_grid(labels.grid, grid, tolerance_mm)) {
    LabelVolume same = labels;
    same.grid = grid;
    return same;
  }
  const Orientation from = nearest_orientation(labels.grid), to = nearest_orientation(grid);
  if (!same_grid(reoriented(labels.grid, from), reoriented(grid, to), tolerance_mm))
    fail(what + ": on another grid than the CT: " + with_origin(labels.grid) + "; the CT has " +
         with_origin(grid) + " (LPS mm); " + grid_difference(labels.grid, grid) +
         "; resample it to the CT first");
  return reorient_back(reorient(labels, from), grid, to);
}

std::set<int> values_of(const LabelVolume& labels) {
  std::array<bool, 256> present{};
  for (const std::uint8_t v : labels.voxels) present[v] = true;
  std::set<int> out;
  for (int v = 1; v < 256; ++v)
    if (present[static_cast<std::size_t>(v)]) out.insert(v);
  return out;
}

// What is converted, before it gets the names of the template.
struct TakenMask {
  Organ organ;
  evaluation::BoxedMask mask;
};

std::vector<TakenMask> take_label_map(const io::CtImage& ct, const fs::path& file) {
  std::vector<Warning> warnings;
  const LabelVolume labels = on_grid_of(ct, io::read_labels(file, &warnings), file.string());
  for (const Warning& warning : warnings) spdlog::warn("{}", with_files(warning));
  const std::set<int> ids = values_of(labels);
  if (ids.empty()) fail(file.string() + ": empty: no voxel is labelled");
  std::vector<TakenMask> taken;
  std::string unknown;
  for (const int id : ids) {
    if (const Organ* organ = find_organ(known_organs(), id))
      taken.push_back({*organ, evaluation::boxed(labels, id)});
    else
      unknown += (unknown.empty() ? "" : ", ") + std::to_string(id);
  }
  if (!unknown.empty())
    fail(file.string() + ": label value " + unknown + " is no organ; expected 1 to " +
         std::to_string(known_organs().back().id) + " (docs/dicom.md), or a folder of masks");
  return taken;
}

// ROIs of one structure set, numbers and names unique.
class RoiNaming {
 public:
  explicit RoiNaming(bool anonymise) : anonymise_(anonymise) {}

  Organ operator()(const std::string& stem) {
    Organ organ = organ_of(stem);
    if (!names_taken_.insert(organ.name).second) {
      spdlog::warn("{}: {} comes from another mask already{}", stem, organ.name,
                   anonymise_ ? "" : "; kept under the file's name");
      organ = other(stem);
      names_taken_.insert(organ.name);
    }
    return organ;
  }

 private:
  Organ organ_of(const std::string& stem) {
    const Organ* found = find_organ(known_organs(), stem);
    if (!found) {
      const curation::NamedOrgan named = names_(stem);
      if (named.verdict == curation::NamedOrgan::Verdict::organ)
        found = find_organ(names_.organs(), named.organ_id);
    }
    return found ? *found : other(stem);
  }
  Organ other(const std::string& stem) {
    Organ organ;
    organ.id = next_++;
    organ.name = stem;
    if (anonymise_) {
      organ.name = "ROI_" + std::to_string(++unnamed_);
      spdlog::warn("{}: the name of no known organ, and perhaps the patient's; called {}", stem, organ.name);
    }
    return organ;
  }
  curation::RoiNames names_ = curation::RoiNames::shipped();
  std::set<std::string> names_taken_;
  bool anonymise_;
  int next_ = 256;  // beyond every organ id
  int unnamed_ = 0;
};

std::vector<fs::path> masks_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->path().filename().string().starts_with('.') && io::is_image_file_name(it->path()) &&
        it->is_regular_file(ignored))
      files.push_back(it->path());
  }
  if (error) fail(folder.string() + ": cannot read the folder: " + error.message());
  if (files.empty()) fail(folder.string() + ": no masks (NIfTI, NRRD or MetaImage files)");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<TakenMask> take_masks(const io::CtImage& ct, const fs::path& folder, bool anonymise,
                                  const Progress& progress) {
  const std::vector<fs::path> files = masks_in(folder);
  RoiNaming naming(anonymise);
  std::vector<TakenMask> taken;
  bool any = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    progress("reading masks", double(i) / double(files.size()));
    const std::string where = files[i].string();
    std::vector<Warning> warnings;
    const LabelVolume mask = on_grid_of(ct, io::read_mask(files[i], &warnings), where);
    for (const Warning& warning : warnings) spdlog::warn("{}", with_files(warning));
    taken.push_back(
        {naming(io::without_image_extension(files[i].filename().string())), evaluation::boxed(mask, 1)});
    if (taken.back().mask.empty()) spdlog::warn("{}: empty mask; nothing is drawn for it", where);
    any = any || !taken.back().mask.empty();
  }
  if (!any) fail(folder.string() + ": all masks are empty");
  return taken;
}

OrganTable organs_of(const std::vector<TakenMask>& taken) {
  OrganTable organs;
  for (const TakenMask& one : taken) organs.push_back(one.organ);
  return organs;
}

// A structure as it is written, and its voxels.
struct NamedMask {
  templates::TemplateRoi roi;
  const evaluation::BoxedMask* mask;
};

std::vector<NamedMask> named(const std::vector<TakenMask>& taken, const pipeline::DerivedMasks& derived,
                             const templates::StructureTemplate& wanted) {
  std::vector<NamedMask> out;
  for (templates::TemplateRoi& roi : wanted.rois(organs_of(taken))) {
    const evaluation::BoxedMask* mask = nullptr;
    if (roi.derived) {
      if (const pipeline::DerivedMask* made = derived.find(roi.structure)) mask = &made->mask;
    } else {
      const auto it = std::find_if(taken.begin(), taken.end(),
                                   [&](const TakenMask& one) { return one.organ.name == roi.structure; });
      mask = &it->mask;
    }
    if (mask && (roi.keep_empty || !mask->empty())) out.push_back({std::move(roi), mask});
  }
  return out;
}

std::size_t write_contours(const ConvertOptions& options, const std::vector<NamedMask>& masks,
                           const pipeline::DicomOutput& out, const Progress& progress) {
  std::vector<io::RoiContours> rois;
  for (const NamedMask& one : masks) {
    progress("tracing masks", double(rois.size()) / double(masks.size()));
    rois.push_back(pipeline::contours_of(one.roi, *one.mask, options.dicom.style(), out.uneven()));
  }
  io::RtStructOptions how;
  how.label = "Converted";
  how.series_description = "Contours from masks";
  how.generation_algorithm = "";
  how.software_version = std::string("anatomynet ") + version();
  out.write_contours(options.output, rois, how);
  return rois.size();
}

std::size_t write_segments(const ConvertOptions& options, const Grid& grid,
                           const std::vector<NamedMask>& masks, const pipeline::DicomOutput& out,
                           const Progress& progress) {
  io::SegmentationOptions how;
  how.series_description = "Segments from masks";
  how.software_version = std::string("anatomynet ") + version();
  const UnevenSlices* uneven = out.uneven();
  io::SegmentationWriter writer(out.source(), uneven ? uneven->on_slices() : grid, how);
  std::size_t written = 0;
  for (const NamedMask& one : masks) {
    progress("writing segments", double(&one - masks.data()) / double(masks.size()));
    const LabelVolume mask = pipeline::whole(*one.mask);
    written += writer.add(one.roi.organ, uneven ? uneven->to_slices(mask) : mask, 1);
  }
  writer.write(options.output);
  return written;
}

}  // namespace

void masks_to_dicom(const ConvertOptions& options) {
  if (fs::is_directory(options.output))
    throw Error(ErrorKind::usage,
                options.output + ": a folder; expected the name of the DICOM file, FILE.dcm");
  ProgressBar bar;
  const Progress progress = bar.callback();
  const io::CtImage ct = io::read_ct(options.ct, options.reading, progress);
  for (const Warning& w : ct.warnings) spdlog::warn("{}", with_files(w));
  if (!ct.dicom) fail(options.ct + ": not DICOM; needs a DICOM CT that contours and segments can refer to");
  TerminalMessages messages(progress);
  const bool folder = fs::is_directory(options.input);
  // What is wrong with the template is known before the masks are read, but for names of other structures.
  std::shared_ptr<const templates::StructureTemplate> wanted;
  if (!folder) wanted = pipeline::read_template(options.dicom, known_organs(), messages);
  const std::vector<TakenMask> taken = folder
                                           ? take_masks(ct, options.input, options.dicom.anonymise, progress)
                                           : take_label_map(ct, options.input);
  if (folder) wanted = pipeline::read_template(options.dicom, organs_of(taken), messages);
  const pipeline::DicomOutput out(options.dicom, ct, wanted, messages);
  const pipeline::DerivedMasks derived =
      pipeline::derive(*wanted, ct.volume, out.uneven(), [&](const std::string& name, LabelVolume& mask) {
        const auto it = std::find_if(taken.begin(), taken.end(),
                                     [&](const TakenMask& one) { return one.organ.name == name; });
        if (it != taken.end()) evaluation::paint(it->mask, 1, mask);
        return it != taken.end();
      });
  for (const std::string& warning : derived.warnings) spdlog::warn("{}", warning);
  const std::vector<NamedMask> masks = named(taken, derived, *wanted);
  const std::size_t written = options.dicom.seg()
                                  ? write_segments(options, ct.volume.grid, masks, out, progress)
                                  : write_contours(options, masks, out, progress);
  spdlog::info("{} {} in {}", written, options.dicom.seg() ? "segments" : "ROIs", options.output);
}

}  // namespace anatomynet::cli
