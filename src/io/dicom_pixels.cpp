#include "io/dicom_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom_item.h"
#include "io/jpeg2000.h"
#include "io/rle.h"

namespace anatomynet::dicom {
namespace {

// Padding that maps into this range of HU would erase tissue.
constexpr double tissue_low = -900, tissue_high = 3000;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

// How stored values are packed (PS3.3 C.7.6.3.1.1).
struct Packing {
  int allocated = 16, stored = 16, high_bit = 15;
  bool is_signed = false;

  std::int32_t value(std::uint32_t cell) const {
    const std::uint32_t mask = (std::uint32_t{1} << stored) - 1;
    const std::uint32_t bits = (cell >> (high_bit + 1 - stored)) & mask;
    if (is_signed && (bits >> (stored - 1) & 1)) return static_cast<std::int32_t>(bits | ~mask);
    return static_cast<std::int32_t>(bits);
  }
};

Packing read_packing(DcmDataset& data, const std::string& where) {
  const auto integer = [&](const DcmTagKey& tag) {
    return static_cast<int>(required_number(data, tag, where));
  };
  if (const int samples = integer(DCM_SamplesPerPixel); samples != 1)
    fail(where + ": " + tag_name(DCM_SamplesPerPixel) + " is " + std::to_string(samples) +
         ", expected 1: a colour image is no CT");
  if (const auto photometric = required_text(data, DCM_PhotometricInterpretation, where);
      photometric != "MONOCHROME2")
    fail(where + ": " + tag_name(DCM_PhotometricInterpretation) + " is " + photometric +
         ", expected MONOCHROME2");
  Packing packing;
  packing.allocated = integer(DCM_BitsAllocated);
  packing.stored = integer(DCM_BitsStored);
  packing.high_bit = integer(DCM_HighBit);
  packing.is_signed = integer(DCM_PixelRepresentation) == 1;
  if ((packing.allocated != 8 && packing.allocated != 16) || packing.stored < 1 ||
      packing.stored > packing.allocated || packing.high_bit >= packing.allocated ||
      packing.high_bit + 1 < packing.stored)
    fail(where + ": Bits Allocated " + std::to_string(packing.allocated) + ", Stored " +
         std::to_string(packing.stored) + ", High Bit " + std::to_string(packing.high_bit) +
         " is no CT voxel; expected 8 or 16 bits");
  return packing;
}

}  // namespace

struct PixelFile::State {
  std::string name, syntax;
  std::optional<Warning> warning;
  DcmFileFormat format;
  DcmPixelData* pixels = nullptr;
  Packing packing;
  bool padded = false;
  std::int32_t padding_low = 0, padding_high = 0;
  std::vector<std::uint16_t> buffer;  // 16-bit cells, also the storage of 8-bit frames
  E_TransferSyntax transfer_syntax = EXS_Unknown;
  bool jpeg2000 = false, rle = false;  // decoded here, not by DCMTK; values then come in 16 bits
  Uint32 frame_bytes = 0;

  void read_padding(DcmDataset& data);
  void fill_buffer(const SliceHeader& slice);
  std::span<const std::uint8_t> frame_code(Uint32 frame);
  std::vector<std::uint8_t> code;  // of a frame in several fragments
};

// The compressed bytes of a frame: PS3.5 A.4 gives a single frame any number of fragments, and each of
// several frames usually one.
std::span<const std::uint8_t> PixelFile::State::frame_code(Uint32 frame) {
  DcmPixelSequence* sequence = nullptr;
  if (pixels->getEncapsulatedRepresentation(transfer_syntax, nullptr, sequence).bad() || !sequence)
    fail(name + ": no compressed voxels");
  const unsigned long fragments = sequence->card() - 1;  // the first item is the offset table
  const auto frames =
      numbers(*format.getDataset(), DCM_NumberOfFrames, name).value_or(std::vector{1.0}).front();
  const auto fragment = [&](unsigned long i) -> std::span<const std::uint8_t> {
    DcmPixelItem* item = nullptr;
    Uint8* bytes = nullptr;
    if (sequence->getItem(item, i + 1).bad() || item->getUint8Array(bytes).bad() || !bytes)
      fail(name + ": truncated or damaged: compressed voxels end early");
    return {bytes, item->getLength()};
  };
  if (double(fragments) == frames) return fragment(frame);
  if (frames != 1)
    fail(name + ": " + std::to_string(fragments) + " compressed fragments for " +
         std::to_string(std::lround(frames)) +
         " frames; decompress the series first, for instance with gdcmconv --raw");
  code.clear();
  for (unsigned long i = 0; i < fragments; ++i) {
    const auto part = fragment(i);
    code.insert(code.end(), part.begin(), part.end());
  }
  return code;
}

// Decodes the slice's frame into `buffer`.
void PixelFile::State::fill_buffer(const SliceHeader& slice) {
  const auto frame = static_cast<Uint32>(std::max(slice.frame - 1, 0));
  if (jpeg2000 || rle) {
    try {
      buffer.resize(static_cast<std::size_t>(slice.plane.columns * slice.plane.rows));
      if (rle) return decode_rle(frame_code(frame), packing.allocated, buffer);
      return decode_jpeg2000(frame_code(frame), slice.plane.columns, slice.plane.rows, buffer);
    } catch (const Error& error) {
      throw error.within(slice.plane.name);
    }
  }
  Uint32 fragment = 0;
  OFString model;
  const OFCondition status = pixels->getUncompressedFrame(format.getDataset(), frame, fragment, buffer.data(),
                                                          static_cast<Uint32>(buffer.size() * 2), model);
  if (status.bad())
    fail(slice.plane.name + ": voxels in transfer syntax " + syntax + " cannot be decoded (" + status.text() +
         "): truncated or damaged; copy the file again");
}

void PixelFile::State::read_padding(DcmDataset& data) {
  const auto stored = [&](const DcmTagKey& tag) -> std::optional<std::int32_t> {
    const auto number = numbers(data, tag, name);
    if (!number) return {};
    // the tag may come as unsigned where voxels are signed
    return packing.is_signed ? static_cast<std::int16_t>(std::lround(number->front()))
                             : std::lround(number->front());
  };
  const auto value = stored(DCM_PixelPaddingValue);
  if (!value) return;
  const auto limit = stored(DCM_PixelPaddingRangeLimit).value_or(*value);
  padded = true;
  padding_low = std::min(*value, limit);
  padding_high = std::max(*value, limit);
}

PixelFile::PixelFile(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.name = file.string();
  const OFCondition loaded = s.format.loadFile(file.c_str());
  if (loaded.bad()) fail(s.name + ": truncated or damaged DICOM file (" + loaded.text() + "); copy it again");
  DcmDataset& data = *s.format.getDataset();
  const E_TransferSyntax from = data.getOriginalXfer();
  s.syntax = std::string(DcmXfer(from).getXferName()) + " (" + DcmXfer(from).getXferID() + ")";
  s.transfer_syntax = from;
  s.rle = from == EXS_RLELossless;
  s.jpeg2000 = have_jpeg2000() && (from == EXS_JPEG2000 || from == EXS_JPEG2000LosslessOnly);
  if (DcmXfer(from).isEncapsulated() && !s.jpeg2000 && !s.rle &&
      !DcmCodecList::canChangeCoding(from, EXS_LittleEndianExplicit))
    fail(s.name + ": transfer syntax " + s.syntax +
         " cannot be decoded; decompress the series first, for instance with gdcmconv --raw");
  s.packing = read_packing(data, s.name);
  s.read_padding(data);
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() ||
      !(s.pixels = dynamic_cast<DcmPixelData*>(element)))
    fail(s.name + ": required " + tag_name(DCM_PixelData) + " is missing");
  if (const OFCondition sized = s.pixels->getUncompressedFrameSize(&data, s.frame_bytes); sized.bad())
    fail(s.name + ": size of a frame unknown: " + sized.text());
  if (!DcmXfer(from).isEncapsulated()) {
    const double frames = numbers(data, DCM_NumberOfFrames, s.name).value_or(std::vector{1.0}).front();
    const double wanted = required_number(data, DCM_Columns, s.name) *
                          required_number(data, DCM_Rows, s.name) * frames * s.packing.allocated / 8;
    if (s.pixels->getLength() < wanted)
      fail(s.name + ": " + tag_name(DCM_PixelData) + " holds " + std::to_string(s.pixels->getLength()) +
           " bytes, expected " + std::to_string(std::llround(wanted)) + ": truncated; copy it again");
  }
  s.buffer.resize(s.frame_bytes / 2 + 1);
}

PixelFile::~PixelFile() = default;

const std::optional<Warning>& PixelFile::warning() const { return state_->warning; }

void PixelFile::read(const SliceHeader& slice, std::vector<std::int16_t>& hu) {
  State& s = *state_;
  const auto count = static_cast<std::size_t>(slice.plane.columns * slice.plane.rows);
  if (!s.jpeg2000 && !s.rle && s.frame_bytes < count * static_cast<std::size_t>(s.packing.allocated / 8))
    fail(slice.plane.name + ": frame of " + std::to_string(s.frame_bytes) + " bytes, expected " +
         std::to_string(count) + " voxels");
  s.fill_buffer(slice);

  bool padded = s.padded;
  if (padded) {
    const double low = slice.slope * s.padding_low + slice.intercept;
    const double high = slice.slope * s.padding_high + slice.intercept;
    const auto tissue = [](double value) { return value > tissue_low && value < tissue_high; };
    if (tissue(low) || tissue(high)) {
      padded = false;
      s.warning = {"padding-within-tissue",
                   tag_name(DCM_PixelPaddingValue) + " of " + std::to_string(s.padding_low) + " is " +
                       std::to_string(std::lround(low)) + " HU, within tissue: not taken as padding"};
    }
  }
  hu.resize(count);
  const bool bytewise = s.packing.allocated == 8 && !s.jpeg2000 && !s.rle;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(s.buffer.data());
  constexpr double highest_hu = std::numeric_limits<std::int16_t>::max();
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t v = s.packing.value(bytewise ? bytes[i] : s.buffer[i]);
    const double value = std::clamp<double>(slice.slope * v + slice.intercept, lowest_hu, highest_hu);
    // half away from 0, as std::lround, which takes as long as all the rest
    const auto rounded = static_cast<std::int16_t>(value + (value < 0 ? -0.5 : 0.5));
    hu[i] = padded && v >= s.padding_low && v <= s.padding_high ? lowest_hu : rounded;
  }
}

}  // namespace anatomynet::dicom
