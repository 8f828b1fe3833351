#include "io/dicom_seg.h"

#include <algorithm>
#include <map>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/contour_reader.h"
#include "io/dicom_item.h"
#include "io/dicom_text.h"
#include "io/seg_frames.h"

namespace anatomynet {
namespace fs = std::filesystem;
namespace {

using namespace dicom;

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::input, where + ": " + why);
}

// Label Map Segmentation Storage (DICOM Supplement 243), which DCMTK 3.6.7 does not name.
constexpr char label_map_storage[] = "1.2.840.10008.5.1.4.1.1.66.7";

bool is_segmentation_class(const std::string& uid) {
  return uid == UID_SegmentationStorage || uid == label_map_storage;
}

std::vector<std::uint8_t> pixel_bytes(DcmDataset& data, std::size_t bytes, const std::string& where) {
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || !element) fail(where, "PixelData is missing");
  if (element->getLength() < bytes) fail(where, "PixelData is truncated");
  Uint8* as_bytes = nullptr;
  Uint16* as_words = nullptr;
  if (element->getUint8Array(as_bytes).good() && as_bytes) return {as_bytes, as_bytes + bytes};
  if (element->getUint16Array(as_words).bad() || !as_words) fail(where, "PixelData cannot be read");
  std::vector<std::uint8_t> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(as_words[i / 2] >> (i % 2 * 8));
  return out;
}

// How pixels are stored (PS3.3 C.8.20.2.3), and what the i-th of them says.
class Pixels {
 public:
  Pixels(DcmDataset& data, const std::string& where) : type_(text(data, DCM_SegmentationType)) {
    bits_ = binary() ? 1 : static_cast<int>(required_number(data, DCM_BitsAllocated, where));
    if (type_ == "FRACTIONAL") {
      most_ = static_cast<int>(required_number(data, DCM_MaximumFractionalValue, where));
      if (bits_ != 8 || most_ < 1 || most_ > 255)
        fail(where, "a FRACTIONAL segmentation has 8 bits a pixel and a largest value of 1 to 255");
    } else if (label_map()) {
      if (bits_ != 8 && bits_ != 16) fail(where, "a LABELMAP segmentation has 8 or 16 bits a pixel");
    } else if (!binary()) {
      fail(where, "SegmentationType (0062,0001) is " + (type_.empty() ? "missing" : type_) +
                      "; expected BINARY, FRACTIONAL or LABELMAP");
    }
  }

  bool label_map() const { return type_ == "LABELMAP"; }

  void read(DcmDataset& data, std::size_t count, const std::string& where) {
    bytes_ = pixel_bytes(data, (count * static_cast<std::size_t>(bits_) + 7) / 8, where);
  }

  /// Inside the frame's segment; of a fraction at least a half is.
  bool inside(std::size_t i) const {
    return binary() ? bytes_[i / 8] >> (i % 8) & 1 : 2 * bytes_[i] >= most_;
  }

  int segment(std::size_t i) const { return bits_ == 8 ? bytes_[i] : bytes_[2 * i] | bytes_[2 * i + 1] << 8; }

 private:
  bool binary() const { return type_ == "BINARY"; }

  std::string type_;
  int bits_ = 1, most_ = 1;
  std::vector<std::uint8_t> bytes_;
};

std::string code_of(DcmItem* item) { return item ? text(*item, DCM_CodeValue) : std::string(); }

std::map<int, StoredSegment> described(DcmItem& data, const Grid& grid, TextDecoder& utf8,
                                       const std::string& where) {
  std::map<int, StoredSegment> out;
  each_item(data, DCM_SegmentSequence, [&](DcmItem& item) {
    StoredSegment segment;
    segment.number = static_cast<int>(required_number(item, DCM_SegmentNumber, where));
    segment.label = utf8(text(item, DCM_SegmentLabel));
    DcmItem *type = nullptr, *modifier = nullptr;
    if (item.findAndGetSequenceItem(DCM_SegmentedPropertyTypeCodeSequence, type, 0).good() && type)
      type->findAndGetSequenceItem(DCM_SegmentedPropertyTypeModifierCodeSequence, modifier, 0).good();
    segment.code = code_of(type);
    segment.modifier = code_of(modifier);
    segment.mask = LabelVolume(grid);
    if (!out.emplace(segment.number, segment).second)
      fail(where, "two segments of number " + std::to_string(segment.number));
  });
  if (out.empty()) fail(where, "SegmentSequence (0062,0002) is missing or empty");
  return out;
}

}  // namespace

bool is_segmentation(const fs::path& file) {
  initialise();
  DcmFileFormat format;
  if (format
          .loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect,
                            DCM_StudyDate)
          .bad())
    return false;
  return is_segmentation_class(text(*format.getDataset(), DCM_SOPClassUID));
}

DicomSegmentation read_segmentation(const fs::path& file) {
  initialise();
  const std::string where = file.string();
  DcmFileFormat format;
  if (const OFCondition read = format.loadFile(file.c_str()); read.bad())
    fail(where, std::string("truncated, damaged or no DICOM file: ") + read.text());
  DcmDataset& data = *format.getDataset();
  if (!is_segmentation_class(text(data, DCM_SOPClassUID))) fail(where, "no DICOM Segmentation");
  Pixels stored(data, where);
  if (data.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad())
    fail(where, "its pixels are compressed in a way that is not known here");
  const auto count = [&](const DcmTagKey& tag) {
    const double n = required_number(data, tag, where);
    if (!(n >= 1 && n <= 65535)) fail(where, tag_name(tag) + " is out of range");
    return static_cast<std::size_t>(n);
  };
  const std::size_t rows = count(DCM_Rows), columns = count(DCM_Columns), frames = count(DCM_NumberOfFrames);
  const SegLayout layout = read_layout(data, frames, stored.label_map(), where);
  std::vector<std::int64_t> slice;
  DicomSegmentation out;
  TextDecoder utf8(text(data, DCM_SpecificCharacterSet));
  out.frame_of_reference_uid = text(data, DCM_FrameOfReferenceUID);
  out.patient_id = utf8(text(data, DCM_PatientID));
  out.grid = grid_of(layout, columns, rows, slice, where);
  auto segments = described(data, out.grid, utf8, where);
  const std::size_t pixels = rows * columns;
  // A label map may have a segment for what is nothing (PS3.3 C.8.20.2): its padding value, else 0.
  int background = 0;
  if (const auto padding = numbers(data, DCM_PixelPaddingValue, where))
    background = static_cast<int>(padding->front());
  stored.read(data, pixels * frames, where);
  const auto mask_of = [&](int number, std::size_t frame) {
    const auto it = segments.find(number);
    if (it == segments.end())
      fail(where, "frame " + std::to_string(frame + 1) + " is of segment " + std::to_string(number) +
                      ", which SegmentSequence does not have");
    return it->second.mask.voxels.data() + static_cast<std::size_t>(slice[frame]) * pixels;
  };
  for (std::size_t i = 0; i < frames; ++i) {
    if (stored.label_map()) {
      for (std::size_t k = 0; k < pixels; ++k)
        if (const int number = stored.segment(i * pixels + k); number != background)
          mask_of(number, i)[k] = 1;
      continue;
    }
    std::uint8_t* to = mask_of(layout.frames[i].segment, i);
    for (std::size_t k = 0; k < pixels; ++k)
      if (stored.inside(i * pixels + k)) to[k] = 1;
  }
  for (auto& [number, segment] : segments) out.segments.push_back(std::move(segment));
  return out;
}

}  // namespace anatomynet
