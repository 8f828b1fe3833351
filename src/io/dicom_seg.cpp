#include "io/dicom_seg.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/contour_reader.h"
#include "io/dicom_item.h"
#include "io/dicom_text.h"

namespace anatomynet {
namespace fs = std::filesystem;
namespace {

using namespace dicom;

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::input, where + ": " + why);
}

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 vec3(const std::vector<double>& v, std::size_t from = 0) { return {v[from], v[from + 1], v[from + 2]}; }

// The first item of a macro's sequence: in the frame's own groups, else in those that all frames share.
DcmItem& group(DcmItem* own, DcmItem* shared, const DcmTagKey& sequence, const std::string& where) {
  DcmItem* item = nullptr;
  for (DcmItem* groups : {own, shared})
    if (groups && groups->findAndGetSequenceItem(sequence, item, 0).good() && item) return *item;
  fail(where, tag_name(sequence) + " is missing");
}

struct Frame {
  int segment = 0;
  Vec3 position{};
};

struct Layout {
  std::vector<Frame> frames;
  Vec3 across{}, down{};  // unit vectors along a row, down a column
  std::vector<double> pixel_mm;
  double slice_mm = 0;  // as the file says; 0 where it does not
};

Layout read_layout(DcmItem& data, std::size_t count, const std::string& where) {
  DcmItem* shared = nullptr;
  data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, 0).good();
  Layout layout;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string frame = where + ": frame " + std::to_string(i + 1);
    DcmItem* own = nullptr;
    if (data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, static_cast<signed long>(i))
            .bad())
      fail(frame, "has no functional groups (PerFrameFunctionalGroupsSequence)");
    const auto orientation = required_numbers(group(own, shared, DCM_PlaneOrientationSequence, frame),
                                              DCM_ImageOrientationPatient, 6, frame);
    DcmItem& measures = group(own, shared, DCM_PixelMeasuresSequence, frame);
    const Vec3 across = vec3(orientation), down = vec3(orientation, 3);
    const auto pixel_mm = required_numbers(measures, DCM_PixelSpacing, 2, frame);
    if (i == 0) {
      layout.across = across;
      layout.down = down;
      layout.pixel_mm = pixel_mm;
      for (const DcmTagKey& tag : {DCM_SpacingBetweenSlices, DCM_SliceThickness})
        if (const auto mm = numbers(measures, tag, frame); layout.slice_mm == 0 && mm && mm->front() > 0)
          layout.slice_mm = mm->front();
    } else if (dot(across, layout.across) < 0.9999 || dot(down, layout.down) < 0.9999 ||
               std::abs(pixel_mm[0] - layout.pixel_mm[0]) + std::abs(pixel_mm[1] - layout.pixel_mm[1]) >
                   1e-4) {
      fail(frame, "lies across the others, or has other pixels; expected one regular grid");
    }
    Frame f;
    f.position = vec3(required_numbers(group(own, shared, DCM_PlanePositionSequence, frame),
                                       DCM_ImagePositionPatient, 3, frame));
    f.segment = static_cast<int>(required_number(group(own, shared, DCM_SegmentIdentificationSequence, frame),
                                                 DCM_ReferencedSegmentNumber, frame));
    layout.frames.push_back(f);
  }
  return layout;
}

// The grid on which all frames lie, and each frame's slice.
Grid grid_of(const Layout& layout, Uint16 columns, Uint16 rows, std::vector<std::int64_t>& slice,
             const std::string& where) {
  constexpr double same_mm = 0.02;
  const Vec3 &a = layout.across, &d = layout.down;
  const Vec3 normal{a[1] * d[2] - a[2] * d[1], a[2] * d[0] - a[0] * d[2], a[0] * d[1] - a[1] * d[0]};
  const auto height = [&](const Frame& f) { return dot(f.position, normal); };
  const Frame& lowest =
      *std::min_element(layout.frames.begin(), layout.frames.end(),
                        [&](const Frame& p, const Frame& q) { return height(p) < height(q); });
  std::vector<double> heights;
  for (const Frame& f : layout.frames) heights.push_back(height(f));
  std::sort(heights.begin(), heights.end());
  double step = 0;
  for (std::size_t i = 1; i < heights.size(); ++i)
    if (const double apart = heights[i] - heights[i - 1]; apart > same_mm && (step == 0 || apart < step))
      step = apart;
  // Neighbouring slices tell the spacing better than a thickness; of one slice alone nothing else does.
  if (step == 0 || (layout.slice_mm > 0 && std::abs(std::remainder(step, layout.slice_mm)) < same_mm &&
                    layout.slice_mm < step))
    step = layout.slice_mm;
  if (!(step > 0)) fail(where, "neither SpacingBetweenSlices nor two slices say how far slices are apart");

  Grid grid;
  grid.spacing = {layout.pixel_mm[1], layout.pixel_mm[0], step};
  grid.origin = lowest.position;
  for (std::size_t r = 0; r < 3; ++r) grid.direction[r] = {a[r], d[r], normal[r]};
  std::int64_t last = 0;
  for (const Frame& f : layout.frames) {
    const Vec3 index = grid.to_index(f.position);
    const auto z = std::llround(index[2]);
    if (std::abs(index[2] - double(z)) * step > 0.1 * step || std::abs(index[0]) > 0.02 ||
        std::abs(index[1]) > 0.02)
      fail(where, "its frames do not lie on one regular grid");
    slice.push_back(z);
    last = std::max<std::int64_t>(last, z);
  }
  grid.size = {columns, rows, last + 1};
  grid.check(where);
  return grid;
}

std::vector<std::uint8_t> packed_bits(DcmDataset& data, std::size_t bits, const std::string& where) {
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || !element) fail(where, "PixelData is missing");
  const std::size_t bytes = (bits + 7) / 8;
  if (element->getLength() < bytes) fail(where, "PixelData is truncated");
  Uint8* as_bytes = nullptr;
  Uint16* as_words = nullptr;
  if (element->getUint8Array(as_bytes).good() && as_bytes) return {as_bytes, as_bytes + bytes};
  if (element->getUint16Array(as_words).bad() || !as_words) fail(where, "PixelData cannot be read");
  std::vector<std::uint8_t> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(as_words[i / 2] >> (i % 2 * 8));
  return out;
}

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
  return text(*format.getDataset(), DCM_SOPClassUID) == UID_SegmentationStorage;
}

DicomSegmentation read_segmentation(const fs::path& file) {
  initialise();
  const std::string where = file.string();
  DcmFileFormat format;
  if (const OFCondition read = format.loadFile(file.c_str()); read.bad())
    fail(where, std::string("truncated, damaged or no DICOM file: ") + read.text());
  DcmDataset& data = *format.getDataset();
  if (text(data, DCM_SOPClassUID) != UID_SegmentationStorage) fail(where, "no DICOM Segmentation");
  if (const std::string type = text(data, DCM_SegmentationType); type != "BINARY")
    fail(where, "SegmentationType (0062,0001) is " + (type.empty() ? "missing" : type) + "; expected BINARY");
  if (data.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad())
    fail(where, "its pixels are compressed in a way that is not known here");
  const auto count = [&](const DcmTagKey& tag) {
    const double n = required_number(data, tag, where);
    if (!(n >= 1 && n <= 65535)) fail(where, tag_name(tag) + " is out of range");
    return static_cast<std::size_t>(n);
  };
  const std::size_t rows = count(DCM_Rows), columns = count(DCM_Columns), frames = count(DCM_NumberOfFrames);
  const Layout layout = read_layout(data, frames, where);
  std::vector<std::int64_t> slice;
  DicomSegmentation out;
  TextDecoder utf8(text(data, DCM_SpecificCharacterSet));
  out.frame_of_reference_uid = text(data, DCM_FrameOfReferenceUID);
  out.patient_id = utf8(text(data, DCM_PatientID));
  out.grid = grid_of(layout, static_cast<Uint16>(columns), static_cast<Uint16>(rows), slice, where);
  auto segments = described(data, out.grid, utf8, where);
  const std::size_t pixels = rows * columns;
  const std::vector<std::uint8_t> bits = packed_bits(data, pixels * frames, where);
  for (std::size_t i = 0; i < frames; ++i) {
    const auto it = segments.find(layout.frames[i].segment);
    if (it == segments.end())
      fail(where, "frame " + std::to_string(i + 1) + " is of segment " +
                      std::to_string(layout.frames[i].segment) + ", which SegmentSequence does not have");
    std::uint8_t* to = it->second.mask.voxels.data() + static_cast<std::size_t>(slice[i]) * pixels;
    for (std::size_t k = 0, bit = i * pixels; k < pixels; ++k, ++bit)
      to[k] = static_cast<std::uint8_t>(to[k] | (bits[bit / 8] >> (bit % 8) & 1));
  }
  for (auto& [number, segment] : segments) out.segments.push_back(std::move(segment));
  return out;
}

}  // namespace anatomynet
