#include "io/dicom/internal/frame_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/fragments.h"
#include "io/dicom/internal/jpeg2000.h"
#include "io/dicom/internal/rle.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

Coding coding_of(E_TransferSyntax syntax, const std::string& where) {
  const DcmXfer named(syntax);
  if (!named.isEncapsulated()) return Coding::native;
  switch (syntax) {
    case EXS_RLELossless:
      return Coding::rle;
    case EXS_JPEG2000:
    case EXS_JPEG2000LosslessOnly:
      if (have_jpeg2000()) return Coding::jpeg2000;
      break;
    case EXS_JPEGLSLossless:
    case EXS_JPEGLSLossy:
      return Coding::jpeg_ls;
    default:
      if (DcmCodecList::canChangeCoding(syntax, EXS_LittleEndianExplicit)) return Coding::jpeg;
  }
  fail(where + ": transfer syntax " + named.getXferName() + " (" + named.getXferID() +
       ") cannot be decoded; decompress the series first, for instance with gdcmconv --raw");
}

std::size_t count_of(DcmItem& data, const DcmTagKey& tag, double most, const std::string& where) {
  const double n = required_number(data, tag, where);
  if (!(n >= 1 && n <= most) || n != std::floor(n)) fail(where + ": " + tag_name(tag) + " is out of range");
  return static_cast<std::size_t>(n);
}

// A data set with one frame for DCMTK's decoders, which otherwise take the header's word for what the stream
// holds.
void describe_frame(DcmItem& item, const CodeHeader& code) {
  const Uint16 allocated = code.precision > 8 ? 16 : 8;
  item.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  item.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
  item.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(code.rows));
  item.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(code.columns));
  item.putAndInsertUint16(DCM_BitsAllocated, allocated);
  item.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(code.precision));
  item.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(code.precision - 1));
  item.putAndInsertUint16(DCM_PixelRepresentation, 0);
  item.putAndInsertString(DCM_NumberOfFrames, "1");
}

// Single bits, the first pixel in the least significant one (PS3.5 8.1.1), behind `skipped` bits of others.
template <class Byte>
void unpack_bits(const std::vector<Byte>& bytes, std::size_t skipped, std::vector<std::uint16_t>& cells) {
  std::fill(cells.begin(), cells.end(), std::uint16_t{0});
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (unsigned rest = bytes[i]; rest != 0; rest &= rest - 1) {
      const std::size_t bit = 8 * i + static_cast<std::size_t>(std::countr_zero(rest));
      if (bit >= skipped && bit - skipped < cells.size()) cells[bit - skipped] = 1;
    }
}

// The standard does not say how single bits become bytes before RLE; a frame's length does: a bit a pixel, as
// it is stored uncompressed, or a byte.
void decode_rle_bits(std::span<const std::uint8_t> code, std::vector<std::uint16_t>& cells) {
  try {
    return decode_rle(code, 8, cells);
  } catch (const Error&) {  // not a byte a pixel
  }
  std::vector<std::uint16_t> packed((cells.size() + 7) / 8);
  decode_rle(code, 8, packed);
  unpack_bits(packed, 0, cells);
}

// The transfer syntax where DCMTK does not know it and has read the file as if it were uncompressed; else
// empty.
std::string unknown_syntax(DcmDataset& data) {
  auto* const file = dynamic_cast<DcmFileFormat*>(data.getParent());
  const std::string uid = file ? text(*file->getMetaInfo(), DCM_TransferSyntaxUID) : std::string();
  return uid.empty() || DcmXfer(uid.c_str()).getXfer() != EXS_Unknown ? std::string() : uid;
}

}  // namespace

struct FrameReader::State {
  DcmDataset* data = nullptr;
  DcmElement* element = nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  Coding coding = Coding::native;
  std::size_t columns = 0, rows = 0, frames = 1;
  int allocated = 16;
  std::string warning;
  std::unique_ptr<Fragments> fragments;
  DcmFileCache cache;  // keeps the file open between frames
  std::vector<std::uint8_t> bytes;

  std::size_t pixels() const { return columns * rows; }
  bool zeros_behind(double pixels_end, double end);
  void check_length(const std::string& where);
  void read_native(std::size_t index, std::vector<std::uint16_t>& cells);
  void check_header(const CodeHeader& header, std::size_t code_bytes) const;
  void decode_by_dcmtk(std::span<const std::uint8_t> code, const CodeHeader& header,
                       std::vector<std::uint16_t>& cells) const;
};

// Whether what follows the last pixel is padding: zeros, or one byte of any value to make the length even.
bool FrameReader::State::zeros_behind(double pixels_end, double end) {
  const double first = std::ceil(pixels_end / 2) * 2;  // DCMTK swaps bytes of words
  if (first >= end) return true;
  std::vector<std::uint8_t> rest(static_cast<std::size_t>(end - first));
  if (element
          ->getPartialValue(rest.data(), static_cast<Uint32>(first), static_cast<Uint32>(rest.size()), &cache,
                            EBO_LittleEndian)
          .bad())
    return true;  // said where the pixels are read
  return std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
}

void FrameReader::State::check_length(const std::string& where) {
  const double bits = double(pixels()) * double(frames) * allocated, wanted = std::ceil(bits / 8);
  const double held = element->getLength();
  const auto text = [](double n) { return std::to_string(std::llround(n)); };
  if (const std::string uid = unknown_syntax(*data); held < wanted && !uid.empty())
    fail(where + ": transfer syntax " + uid +
         " is not known here; decompress the file first with the program that wrote it");
  if (held < wanted)
    fail(where + ": " + tag_name(DCM_PixelData) + " holds " + text(held) + " bytes, expected " +
         text(wanted) + ": truncated; copy it again");
  const double frame_bytes = wanted / double(frames);
  if (allocated == 1 && wanted > 1 && held >= 8 * wanted - 8)
    fail(where + ": " + tag_name(DCM_PixelData) + " holds a byte a pixel, but " +
         tag_name(DCM_BitsAllocated) + " says a bit; export it again");
  if (held - wanted > std::max(frame_bytes / double(rows), 16.0) || !zeros_behind(wanted, held))
    warning = tag_name(DCM_PixelData) + " holds " + text(held) +
              " bytes where Rows, Columns and frames need " + text(wanted) + ": the rest was left out";
}

void FrameReader::State::read_native(std::size_t index, std::vector<std::uint16_t>& cells) {
  const std::size_t bits = static_cast<std::size_t>(allocated), start = index * pixels() * bits;
  const std::size_t first = start / 8, last = (start + pixels() * bits + 7) / 8;
  cells.resize(pixels());
  void* to = cells.data();
  if (bits != 16) {
    bytes.resize(last - first);
    to = bytes.data();
  }
  if (element
          ->getPartialValue(to, static_cast<Uint32>(first), static_cast<Uint32>(last - first), &cache,
                            EBO_LittleEndian)
          .bad())
    fail("voxels cannot be read: truncated or damaged; copy the file again");
  if (bits == 8) std::copy(bytes.begin(), bytes.end(), cells.begin());
  if (bits == 1) unpack_bits(bytes, start % 8, cells);
  if constexpr (std::endian::native == std::endian::big)
    if (bits == 16)
      for (std::uint16_t& cell : cells) cell = static_cast<std::uint16_t>(cell << 8 | cell >> 8);
}

void FrameReader::State::check_header(const CodeHeader& header, std::size_t code_bytes) const {
  const auto size = [](auto wide, auto high) { return std::to_string(wide) + " x " + std::to_string(high); };
  if (header.components != 1)
    fail("compressed voxels have " + std::to_string(header.components) + " colours, expected grey");
  if (header.columns != static_cast<std::int64_t>(columns) || header.rows != static_cast<std::int64_t>(rows))
    fail("compressed voxels are " + size(header.columns, header.rows) +
         " (columns x rows), the DICOM header says " + size(columns, rows) +
         ": damaged; copy the file again");
  if (header.precision < 1 || header.precision > 16)
    fail("compressed voxels have " + std::to_string(header.precision) + " bits, expected at most 16");
  if (!affordable(2 * double(pixels()), double(code_bytes), free_frame_bytes))
    fail("compressed voxels of " + size(columns, rows) + " in " + std::to_string(code_bytes) +
         " bytes: truncated or damaged; copy the file again");
}

void FrameReader::State::decode_by_dcmtk(std::span<const std::uint8_t> code, const CodeHeader& header,
                                         std::vector<std::uint16_t>& cells) const {
  DcmItem frame;
  describe_frame(frame, header);
  DcmPixelSequence sequence(DcmTag(DCM_PixelSequenceTag));
  auto* table = new DcmPixelItem(DcmTag(DCM_PixelItemTag));
  auto* stream = new DcmPixelItem(DcmTag(DCM_PixelItemTag));
  sequence.insert(table);
  sequence.insert(stream);
  stream->putUint8Array(code.data(), static_cast<unsigned long>(code.size()));
  const bool bytewise = header.precision <= 8;
  cells.resize(pixels());
  Uint32 fragment = 0;
  OFString model;
  const auto size = static_cast<Uint32>(pixels() * (bytewise ? 1 : 2));
  const OFCondition status = DcmCodecList::decodeFrame(DcmXfer(syntax), nullptr, &sequence, &frame, 0,
                                                       fragment, cells.data(), size, model);
  if (status.bad())
    fail("voxels in transfer syntax " + std::string(DcmXfer(syntax).getXferName()) + " (" +
         DcmXfer(syntax).getXferID() + ") cannot be decoded (" + status.text() +
         "): truncated or damaged; copy the file again");
  if (!bytewise) return;
  const auto* first = reinterpret_cast<const std::uint8_t*>(cells.data());
  for (std::size_t i = pixels(); i-- > 0;) cells[i] = first[i];  // from the end, since both share memory
}

FrameReader::FrameReader(DcmDataset& data, const std::string& where) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.data = &data;
  s.syntax = data.getOriginalXfer();
  s.coding = coding_of(s.syntax, where);
  if (const double samples = required_number(data, DCM_SamplesPerPixel, where); samples != 1)
    fail(where + ": " + tag_name(DCM_SamplesPerPixel) + " is " + decimal_string(samples) +
         ", expected 1: a colour image is no CT");
  s.columns = count_of(data, DCM_Columns, 65535, where);
  s.rows = count_of(data, DCM_Rows, 65535, where);
  constexpr double most_frames = 1e6;
  if (numbers(data, DCM_NumberOfFrames, where))
    s.frames = count_of(data, DCM_NumberOfFrames, most_frames, where);
  s.allocated = static_cast<int>(required_number(data, DCM_BitsAllocated, where));
  if (s.allocated != 1 && s.allocated != 8 && s.allocated != 16)
    fail(where + ": " + tag_name(DCM_BitsAllocated) + " is " + std::to_string(s.allocated) +
         ", expected 8 or 16 bits; convert the series first, for instance with gdcmconv --raw");
  if (data.findAndGetElement(DCM_PixelData, s.element).bad() || !s.element)
    fail(where + ": required " + tag_name(DCM_PixelData) + " is missing");
  if (s.coding == Coding::native) {
    s.check_length(where);
    return;
  }
  if (s.allocated == 1 && s.coding != Coding::rle && s.coding != Coding::jpeg2000)
    fail(where + ": pixels of one bit cannot be compressed in transfer syntax " +
         DcmXfer(s.syntax).getXferName() + "; decompress the file first");
  auto* pixels = dynamic_cast<DcmPixelData*>(s.element);
  DcmPixelSequence* sequence = nullptr;
  if (!pixels || pixels->getEncapsulatedRepresentation(s.syntax, nullptr, sequence).bad() || !sequence)
    fail(where + ": truncated or damaged: no compressed voxels; copy the file again");
  try {
    s.fragments = std::make_unique<Fragments>(data, *sequence, s.frames, s.coding);
  } catch (const Error& error) {
    throw error.within(where);
  }
}

FrameReader::~FrameReader() = default;

std::int64_t FrameReader::columns() const { return static_cast<std::int64_t>(state_->columns); }
std::int64_t FrameReader::rows() const { return static_cast<std::int64_t>(state_->rows); }
std::size_t FrameReader::frames() const { return state_->frames; }
int FrameReader::bits_allocated() const { return state_->allocated; }
const std::string& FrameReader::warning() const { return state_->warning; }

StreamValues FrameReader::read(std::size_t index, std::vector<std::uint16_t>& cells) {
  State& s = *state_;
  if (index >= s.frames) fail("it has no frame " + std::to_string(index + 1));
  if (s.coding == Coding::native) {
    s.read_native(index, cells);
    return {};
  }
  const std::span<const std::uint8_t> code = s.fragments->frame(index);
  if (s.coding == Coding::rle) {
    constexpr std::size_t most_run = 64;  // 128 bytes of two
    if (s.pixels() * static_cast<std::size_t>(s.allocated) / 8 > most_run * code.size())
      fail("RLE voxels cannot be decoded: truncated or damaged; copy the file again");
    cells.resize(s.pixels());
    if (s.allocated == 1)
      decode_rle_bits(code, cells);
    else
      decode_rle(code, s.allocated, cells);
    return {};
  }
  if (s.coding == Coding::jpeg2000) {
    const Jpeg2000Header header = read_jpeg2000_header(code);
    s.check_header(header, code.size());
    decode_jpeg2000(header, cells);
    return {header.precision, header.is_signed};
  }
  const CodeHeader header = read_jpeg_header(code);
  s.check_header(header, code.size());
  s.decode_by_dcmtk(code, header, cells);
  return {header.precision, {}};
}

}  // namespace anatomynet::io
