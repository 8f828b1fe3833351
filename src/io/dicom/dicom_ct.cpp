#include "io/dicom/internal/dicom_ct.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/large_volume.h"
#include "core/parallel_for.h"
#include "io/dicom/internal/acquisitions.h"
#include "io/dicom/internal/code_header.h"
#include "io/dicom/internal/dicom_files.h"
#include "io/dicom/internal/dicom_pixels.h"
#include "io/dicom/internal/odd_slices.h"
#include "io/dicom/internal/slice_stack.h"

namespace anatomynet::io {
namespace {

// Writes a slice onto the grid's slice, whose first voxel lies (dx, dy) voxels before the slice's first one.
// Bilinear; outside the slice is air.
void place_shifted(const std::vector<std::int16_t>& hu, std::int64_t columns, std::int64_t rows, double dx,
                   double dy, CtVolume& volume, std::int64_t z) {
  const auto source = [&](std::int64_t x, std::int64_t y) -> double {
    return x >= 0 && y >= 0 && x < columns && y < rows ? hu[static_cast<std::size_t>(y * columns + x)]
                                                       : lowest_hu;
  };
  const double fx = std::ceil(dx) - dx, fy = std::ceil(dy) - dy;  // the source index is (x - ceil dx) + fx
  const auto ix = static_cast<std::int64_t>(std::ceil(dx)), iy = static_cast<std::int64_t>(std::ceil(dy));
  for (std::int64_t y = 0; y < volume.grid.size[1]; ++y)
    for (std::int64_t x = 0; x < volume.grid.size[0]; ++x) {
      const std::int64_t sx = x - ix, sy = y - iy;
      const double above = (1 - fx) * source(sx, sy) + fx * source(sx + 1, sy);
      const double below = (1 - fx) * source(sx, sy + 1) + fx * source(sx + 1, sy + 1);
      volume.at(x, y, z) = static_cast<std::int16_t>(std::lround((1 - fy) * above + fy * below));
    }
}

std::optional<Warning> tilt_note(const CtSeries& series, const SliceStack& stack) {
  if (stack.tilted || std::abs(series.gantry_tilt) < 0.5) return {};
  char text[160];
  std::snprintf(
      text, sizeof text,
      "Gantry/Detector Tilt (0018,1120) is %.3g degrees but the slice positions form a straight stack; "
      "the positions were taken",
      series.gantry_tilt);
  return Warning{"tilt-not-in-positions", text};
}

// Of a patient's CT some voxels are air and some are bone; values that tell of neither are no HU.
void check_range(const CtVolume& ct, const std::string& source) {
  std::int16_t low = std::numeric_limits<std::int16_t>::max(),
               high = std::numeric_limits<std::int16_t>::min();
  for (std::int64_t z = 0; z < ct.grid.size[2]; ++z) {
    for (const std::int16_t hu : ct.slice(z)) {  // many at a time, which std::minmax_element is not
      low = std::min(low, hu);
      high = std::max(high, hu);
    }
    if (low <= highest_air_hu && high >= lowest_dense_hu) return;
  }
  throw Error(ErrorKind::input, source + ": values from " + std::to_string(low) + " to " +
                                    std::to_string(high) + " HU: no air, or nothing denser than water; " +
                                    "expected a patient's CT; are its sign and rescale right?");
}

// Slices say how large they are before they are read: no volume that their files cannot fill is made.
void check_size(const CtSeries& series, const Grid& grid, const std::string& source) {
  double bytes = 0;
  std::set<std::filesystem::path> files;
  for (const SliceHeader& slice : series.slices)
    if (files.insert(slice.file).second) bytes += double(std::filesystem::file_size(slice.file));
  const double wanted =
      double(grid.size[0]) * double(grid.size[1]) * double(grid.size[2]) * sizeof(std::int16_t);
  if (affordable(wanted, bytes, free_volume_bytes)) return;
  throw Error(ErrorKind::input, source + ": " + describe(grid) + " in " +
                                    std::to_string(std::llround(bytes)) +
                                    " bytes of files: damaged or no CT; copy it again");
}

// Contours refer to images by their UIDs.
void check_unique(const CtSeries& series) {
  std::map<std::pair<std::string, int>, std::string> file_of_uid;
  for (const SliceHeader& slice : series.slices) {
    const auto [other, fresh] =
        file_of_uid.emplace(std::pair(slice.sop_instance_uid, slice.frame), slice.file.string());
    if (!fresh)
      throw Error(ErrorKind::input, slice.file.string() + ": SOP Instance UID (0008,0018) " +
                                        slice.sop_instance_uid + " is also that of " + other->second +
                                        "; every image needs its own: export the series again");
  }
}

void add_warning(CtImage& image, const std::optional<Warning>& warning) {
  if (warning && std::find(image.warnings.begin(), image.warnings.end(), *warning) == image.warnings.end())
    image.warnings.push_back(*warning);
}

// One warning for all slices of which the same is to be said.
void add_odd_slices(CtImage& image, const CtSeries& series, const SliceStack& stack) {
  const std::size_t before = image.warnings.size();
  for (const auto& odd : {blank_slices(image.volume), slices_without_air(image.volume)})
    for (const auto& [z, warning] : odd) {
      const auto said =
          std::find_if(image.warnings.begin() + static_cast<std::ptrdiff_t>(before), image.warnings.end(),
                       [&warning = warning](const Warning& w) { return w.text == warning.text; });
      Warning& to = said == image.warnings.end() ? image.warnings.emplace_back(warning) : *said;
      to.files.push_back(series.slices[stack.order[z]].file);
    }
}

// Fills the volume and returns what each file warned of. Files are independent, so several are decoded at a
// time.
std::vector<std::vector<Warning>> read_slices(const CtSeries& series, const SliceStack& stack,
                                              const ReadOptions& options, const Progress& progress,
                                              CtVolume& volume,
                                              std::map<std::filesystem::path, std::string>& unreadable) {
  std::map<std::filesystem::path, std::vector<std::size_t>> slices_of;  // file: indices z
  for (std::size_t z = 0; z < stack.order.size(); ++z)
    slices_of[series.slices[stack.order[z]].file].push_back(z);
  std::vector<std::vector<Warning>> warnings(slices_of.size());
  std::mutex one_at_a_time;
  std::size_t done = 0;
  const auto read_file = [&](const std::filesystem::path& file, const std::vector<std::size_t>& indices) {
    PixelFile pixels(file);
    std::vector<std::int16_t> hu;
    for (const std::size_t z : indices) {
      const SliceHeader& slice = series.slices[stack.order[z]];
      const auto pixels_of_slice = static_cast<std::size_t>(slice.plane.columns * slice.plane.rows);
      if (!stack.tilted) {
        pixels.read(slice, std::span(volume.voxels).subspan(z * pixels_of_slice, pixels_of_slice));
      } else {
        hu.resize(pixels_of_slice);
        pixels.read(slice, hu);
        place_shifted(hu, slice.plane.columns, slice.plane.rows,
                      stack.shift[z][0] / slice.plane.column_spacing,
                      stack.shift[z][1] / slice.plane.row_spacing, volume, static_cast<std::int64_t>(z));
      }
      const std::lock_guard lock(one_at_a_time);
      if (progress) progress("reading slices", double(++done) / double(stack.order.size()));
    }
    return pixels.warnings();
  };
  std::vector<std::function<void()>> tasks;
  for (const auto& [file, indices] : slices_of)
    tasks.push_back([&, &file = file, &indices = indices, &to = warnings[tasks.size()]] {
      try {
        to = read_file(file, indices);
      } catch (const Error& error) {
        if (!options.accept_damaged || error.kind() != ErrorKind::input) throw;
        const std::lock_guard lock(one_at_a_time);
        unreadable.emplace(file, error.what());
      }
    });
  parallel_for(tasks, options.threads);
  return warnings;
}

}  // namespace

CtImage read_dicom_ct(const std::filesystem::path& path, const ReadOptions& options,
                      const Progress& progress) {
  const DicomArchive archive = index_dicom(path, options.threads, progress);
  const ArchivedCt& ct = choose_ct(archive, path, options.series_uid);
  CtImage image = read_archived_ct(ct, options, progress);
  image.source = path.string() + ", series " + ct.series_uid;
  const std::vector<Warning> warnings = warnings_of(archive);
  image.warnings.insert(image.warnings.begin(), warnings.begin(), warnings.end());
  return image;
}

namespace {

CtImage read_chosen(CtSeries series, const std::string& source, const ReadOptions& options,
                    std::string acquisition, const Progress& progress,
                    std::map<std::filesystem::path, std::string>& unreadable) {
  choose_acquisition(series.slices, acquisition, source);
  std::vector<SlicePlane> planes;
  for (const SliceHeader& slice : series.slices) planes.push_back(slice.plane);
  const SliceStack stack = stack_slices(planes, options.allow_gaps);
  check_unique(series);

  CtImage image;
  image.source = source;
  image.warnings = series.warnings;
  image.warnings.insert(image.warnings.end(), stack.warnings.begin(), stack.warnings.end());
  add_warning(image, tilt_note(series, stack));
  image.dicom = read_source(series.slices[stack.order.front()].file);
  for (const std::size_t i : stack.order) {
    const SliceHeader& slice = series.slices[i];
    image.dicom->slices.push_back({slice.sop_instance_uid, slice.plane.position, slice.frame});
  }

  check_size(series, stack.grid, source);
  image.volume = large_volume(stack.grid, lowest_hu);
  for (const auto& warnings : read_slices(series, stack, options, progress, image.volume, unreadable))
    for (const Warning& warning : warnings) add_warning(image, warning);
  if (!unreadable.empty()) return image;
  check_range(image.volume, source);
  if (slices_alternate(image.volume, options.threads)) {
    choose_alternate(series.slices, stack.order, acquisition, source);
    return read_chosen(std::move(series), source, options, {}, progress, unreadable);
  }
  if (!acquisition.empty())
    throw Error(ErrorKind::input, source + ": no acquisition is called " + acquisition +
                                      "; leave --acquisition away, the series is one volume");
  add_odd_slices(image, series, stack);
  if (stack.uneven) {
    image.uneven.emplace(UnevenCt{*stack.uneven, std::move(image.volume)});
    image.volume = image.uneven->slices.interpolated(image.uneven->on_slices);
  }
  return image;
}

}  // namespace

CtImage read_series(const CtSeries& series, const std::string& source, const ReadOptions& options,
                    const Progress& progress, std::map<std::filesystem::path, std::string>& unreadable) {
  return read_chosen(series, source, options, options.acquisition, progress, unreadable);
}

}  // namespace anatomynet::io
