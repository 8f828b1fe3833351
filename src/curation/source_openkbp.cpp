#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <sstream>

#include "core/error.h"
#include "core/input_file.h"
#include "curation/case_builder.h"
#include "curation/source_common.h"

// OpenKBP's sparse CSV folders (Babier et al. 2021): pt_N/ct.csv, voxel_dimensions.csv,
// possible_dose_mask.csv and one <Structure>.csv a ROI, in train-pats/, validation-pats/, test-pats/. A file
// lists "index,value" after a line ",data"; masks have no values. The index runs over 128 x 128 x 128 voxels,
// the last axis fastest; the axes run to the patient's back, left and feet (seen from where the organs lie).
// Stored CT values are HU + 1000; what is not listed is air.
namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t side = 128;
constexpr std::int64_t voxels = side * side * side;
constexpr int stored_offset = 1000;  // HU 0

constexpr double least_mm = 0.1, most_mm = 50;  // of a voxel; beyond, resampling would take any memory

std::string content(const fs::path& file) {
  constexpr std::uint64_t most = voxels * 64;  // bytes: a line a voxel
  std::string text = read_file(file, most);
  if (text.empty()) throw Error(ErrorKind::input, file.string() + ": empty");
  return text;
}

bool number(std::string_view text, double& value) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && std::isfinite(value);
}

// One "index,value" line after the other; the value of a mask's line is NaN.
void sparse(const fs::path& file, bool values, const std::function<void(std::int64_t, double)>& take) {
  const std::string text = content(file);
  std::size_t start = 0, row = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (++row == 1 || line.empty() || line == "\r") continue;
    const std::size_t comma = line.find(',');
    double index = -1, value = 0;
    const bool good = comma != std::string_view::npos && number(line.substr(0, comma), index) &&
                      (!values || number(line.substr(comma + 1), value)) && index >= 0 && index < voxels &&
                      index == std::floor(index);
    if (!good)
      throw Error(ErrorKind::input, file.string() + ":" + std::to_string(row) + ": expected \"index" +
                                        (values ? ",value" : ",") + "\" with an index below " +
                                        std::to_string(voxels));
    take(static_cast<std::int64_t>(index), value);
  }
}

Grid grid_of(const fs::path& file) {
  std::istringstream lines(content(file));
  std::array<double, 3> size{};
  std::string line;
  for (double& mm : size)
    if (!std::getline(lines, line) || !number(line, mm) || mm < least_mm || mm > most_mm)
      throw Error(ErrorKind::input,
                  file.string() + ": expected three lines, the voxel's size from 0.1 to 50 mm");
  Grid grid;
  grid.size = {side, side, side};
  grid.spacing = size;
  for (std::size_t k = 0; k < 3; ++k) grid.origin[k] = -size[k] * (side - 1) / 2;
  return grid;
}

// Offset in a volume of axes left, back, head.
std::int64_t offset_of(const Grid& grid, std::int64_t index) {
  const std::int64_t back = index / (side * side), left = index / side % side, feet = index % side;
  return grid.offset(left, back, side - 1 - feet);
}

class OpenKbp : public Source {
 public:
  explicit OpenKbp(SourceOptions options) : options_(std::move(options)) {}

  std::vector<CaseRef> list(std::vector<Note>& notes, const Progress&) override {
    std::vector<CaseRef> refs;
    look_in(options_.path, 3, refs, notes);
    return selected(std::move(refs), options_, notes);
  }

  LoadedCase load(const CaseRef& ref, const RoiNames& names) const override {
    CtVolume ct(grid_of(ref.files[1]), -stored_offset);
    sparse(ref.files[0], true, [&](std::int64_t index, double value) {
      ct.voxels[static_cast<std::size_t>(offset_of(ct.grid, index))] =
          static_cast<std::int16_t>(std::lround(std::clamp(value - stored_offset, -1024.0, 32767.0)));
    });
    CaseBuilder builder(ref, std::move(ct), names);
    builder.note(Note::Kind::info,
                 "HU are the stored values less 1000; the collection does not state its offset");
    for (std::size_t i = 2; i < ref.files.size(); ++i) {
      const std::string name = ref.files[i].stem().string();
      if (!builder.wanted(name)) continue;
      LabelVolume mask(builder.grid());
      try {
        sparse(ref.files[i], false, [&](std::int64_t index, double) {
          mask.voxels[static_cast<std::size_t>(offset_of(mask.grid, index))] = 1;
        });
        builder.add(name, mask, ref.files[i].filename().string());
      } catch (const Error& error) {
        builder.reject(name, error.what());
      }
    }
    return builder.finish("same folder, same grid");
  }

 private:
  void look_in(const fs::path& folder, int depth, std::vector<CaseRef>& refs,
               std::vector<Note>& notes) const {
    for (const fs::path& patient : folders_in(folder, notes)) {
      const std::string id = patient.filename().string();
      std::error_code error;
      const fs::path ct = patient / "ct.csv", size = patient / "voxel_dimensions.csv";
      if (!fs::exists(ct, error)) {
        if (id.starts_with("pt_"))
          notes.push_back({Note::Kind::dropped, patient.string() + ": no ct.csv"});
        else if (depth > 1)
          look_in(patient, depth - 1, refs, notes);
        continue;
      }
      if (!fs::exists(size, error)) {
        notes.push_back({Note::Kind::dropped, patient.string() + ": no voxel_dimensions.csv"});
        continue;
      }
      CaseRef ref;
      ref.id = ref.patient = id;
      const std::string part = folder.filename().string();
      ref.split = part.starts_with("test")    ? Split::test
                  : part.starts_with("valid") ? Split::validation
                                              : Split::training;
      ref.files = {ct, size};
      for (const fs::path& file : files_in(patient, ".csv", notes)) {
        const std::string stem = file.stem().string();
        if (stem != "ct" && stem != "voxel_dimensions" && stem != "possible_dose_mask" && stem != "dose")
          ref.files.push_back(file);
      }
      refs.push_back(std::move(ref));
    }
  }

  SourceOptions options_;
};

}  // namespace

std::unique_ptr<Source> make_openkbp_source(const SourceOptions& options) {
  return std::make_unique<OpenKbp>(options);
}

}  // namespace anatomynet::curation
