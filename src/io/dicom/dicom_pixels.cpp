#include "io/dicom/internal/dicom_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/frame_reader.h"
#include "io/dicom/internal/stored_values.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

}  // namespace

struct PixelFile::State {
  std::string name;
  DcmFileFormat format;
  std::optional<FrameReader> frames;
  Packing header;
  std::optional<Padding> declared_padding;
  bool overlays = false;
  std::vector<Warning> warnings;
  std::vector<std::uint16_t> cells;

  void warn(const Warning& warning) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  }
  std::optional<Padding> padding_of(const SliceHeader& slice, const Packing& packing);
  void check_sign(const SliceHeader& slice, const StreamValues& stream, const Packing& packing,
                  const std::optional<Padding>& padding);
};

PixelFile::PixelFile(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.name = file.string();
  const OFCondition loaded = load_file(file, s.format);
  if (loaded.bad()) fail(s.name + ": truncated or damaged DICOM file (" + loaded.text() + "); copy it again");
  DcmDataset& data = *s.format.getDataset();
  s.frames.emplace(data, s.name);
  s.header = read_packing(data, s.name);
  s.declared_padding = Padding::read(data, s.header, s.name);
  s.overlays = has_embedded_overlays(data);
  if (!s.frames->warning().empty()) s.warn({"surplus-pixels", s.frames->warning()});
}

PixelFile::~PixelFile() = default;

const std::vector<Warning>& PixelFile::warnings() const { return state_->warnings; }

// The declared padding, unless it would erase tissue.
std::optional<Padding> PixelFile::State::padding_of(const SliceHeader& slice, const Packing& packing) {
  if (!declared_padding || !declared_padding->covers_tissue(packing, slice.slope, slice.intercept))
    return declared_padding;
  warn({"padding-within-tissue", tag_name(DCM_PixelPaddingValue) + " of " + declared_padding->text() +
                                     " is HU within tissue: not taken as padding"});
  return {};
}

// Where stream and header contradict each other values are read as signed. That is right where nothing comes
// out below air but undeclared padding, which is one value.
void PixelFile::State::check_sign(const SliceHeader& slice, const StreamValues& stream,
                                  const Packing& packing, const std::optional<Padding>& padding) {
  constexpr double below_air = lowest_hu - 76;  // noise of air reaches -1100 HU
  const auto of = [](const StreamValues& s) {
    return std::to_string(s.precision) + " bits" + (s.is_signed.value_or(false) ? ", signed" : ", unsigned");
  };
  std::optional<std::int32_t> odd;
  for (const std::uint16_t cell : cells) {
    const std::int32_t v = packing.value(cell);
    if (v >= 0 || slice.slope * v + slice.intercept >= below_air || (padding && padding->holds(cell, v)))
      continue;
    if (odd && *odd != v)
      fail(slice.plane.name + ": the compressed values (" + of(stream) + ") contradict the DICOM header (" +
           std::to_string(header.stored) + " bits, " + (header.is_signed ? "signed" : "unsigned") +
           ") and give no HU as signed; decompress the series with the program that wrote it");
    odd = v;
  }
  warn({"sign-in-doubt", "compressed values (" + of(stream) + ") contradict the DICOM header (" +
                             std::to_string(header.stored) + " bits, " +
                             (header.is_signed ? "signed" : "unsigned") + "): taken as signed of " +
                             std::to_string(packing.stored) + " bits"});
}

void PixelFile::read(const SliceHeader& slice, std::span<std::int16_t> hu) {
  State& s = *state_;
  if (s.frames->columns() != slice.plane.columns || s.frames->rows() != slice.plane.rows)
    fail(slice.plane.name + ": changed while it was read");
  StreamValues stream;
  try {
    stream = s.frames->read(static_cast<std::size_t>(std::max(slice.frame - 1, 0)), s.cells);
  } catch (const Error& error) {
    throw error.within(slice.plane.name);
  }
  const Packing packing = packing_of(stream, s.header, s.overlays);
  const std::optional<Padding> padding = s.padding_of(slice, packing);
  if (sign_in_doubt(stream, s.header)) s.check_sign(slice, stream, packing, padding);

  constexpr double highest_hu = std::numeric_limits<std::int16_t>::max();
  std::int32_t least = std::numeric_limits<std::int32_t>::max(), most = -least;
  const auto convert = [&](const auto& rescaled) {
    const auto to_hu = [&](std::int32_t v) {
      least = std::min(least, v);
      most = std::max(most, v);
      return rescaled(v);
    };
    if (padding)
      std::transform(s.cells.begin(), s.cells.end(), hu.begin(), [&](std::uint16_t cell) {
        const std::int32_t v = packing.value(cell);
        return padding->holds(cell, v) ? lowest_hu : to_hu(v);
      });
    else
      std::transform(s.cells.begin(), s.cells.end(), hu.begin(),
                     [&](std::uint16_t cell) { return to_hu(packing.value(cell)); });
  };
  constexpr double far_off = 1e6;
  if (slice.slope == 1 && slice.intercept == std::round(slice.intercept) &&
      std::abs(slice.intercept) < far_off)
    convert([offset = static_cast<std::int32_t>(slice.intercept)](
                std::int32_t v) {  // most scanners: whole numbers
      constexpr std::int32_t low = lowest_hu, high = std::numeric_limits<std::int16_t>::max();
      return static_cast<std::int16_t>(std::clamp(v + offset, low, high));
    });
  else
    convert([&](std::int32_t v) {
      const double kept = std::clamp<double>(slice.slope * v + slice.intercept, lowest_hu, highest_hu);
      // half away from 0, as std::lround, which takes as long as all the rest
      return static_cast<std::int16_t>(kept + (kept < 0 ? -0.5 : 0.5));
    });
  const double highest =
      least > most ? lowest_hu : slice.slope * (slice.slope > 0 ? most : least) + slice.intercept;
  if (!(highest <= highest_hu))
    fail(slice.plane.name + ": values up to " + decimal_string(std::round(highest)) +
         " HU, which no CT has; is its padding undeclared, or its sign or rescale wrong?");
}

}  // namespace anatomynet::io
