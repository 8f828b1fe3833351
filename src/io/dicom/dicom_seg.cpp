#include "io/dicom/dicom_seg.h"

#include <algorithm>
#include <map>
#include <optional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/frame_reader.h"
#include "io/dicom/internal/seg_frames.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& why) {
  throw Error(ErrorKind::input, where + ": " + why);
}

// Label Map Segmentation Storage (DICOM Supplement 243), which DCMTK 3.6.7 does not name.
constexpr char label_map_storage[] = "1.2.840.10008.5.1.4.1.1.66.7";

bool is_segmentation_class(const std::string& uid) {
  return uid == UID_SegmentationStorage || uid == label_map_storage;
}

std::string code_of(DcmItem* item) { return item ? text(*item, DCM_CodeValue) : std::string(); }

std::vector<StoredSegment> described(DcmItem& data, TextDecoder& utf8, const std::string& where) {
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
    if (!out.emplace(segment.number, segment).second)
      fail(where, "two segments of number " + std::to_string(segment.number));
  });
  if (out.empty()) fail(where, "SegmentSequence (0062,0002) is missing or empty");
  std::vector<StoredSegment> list;
  for (auto& [number, segment] : out) list.push_back(std::move(segment));
  return list;
}

// A mask that this file could hold; masks of blank slices compress well, so the bound is wide.
void require_affordable(const Grid& grid, const fs::path& file) {
  constexpr double free_bytes = 256.0 * (1 << 20);
  const double voxels = double(grid.size[0]) * double(grid.size[1]) * double(grid.size[2]);
  if (!affordable(voxels, double(fs::file_size(file)), free_bytes))
    fail(file.string(), "its frames span " + describe(grid) + ", too much for a file of " +
                            std::to_string(fs::file_size(file)) +
                            " bytes: damaged positions; export it again");
}

}  // namespace

bool is_segmentation(const fs::path& file) {
  if (!is_dicom(signature_of(file))) return false;
  DcmFileFormat format;
  if (load_file(file, format, DCM_StudyDate).bad()) return false;
  return is_segmentation_class(sop_class_of(format));
}

// Where a file's pixels are, and what they say (PS3.3 C.8.20.2.3).
struct DicomSegmentation::Pixels {
  enum class Kind { binary, fractional, label_map };

  std::string where;
  DcmFileFormat format;
  Kind kind = Kind::binary;
  double most = 1;  // the largest fraction
  std::optional<FrameReader> frames;
  std::vector<SegFrame> placed;
  std::vector<std::int64_t> slices;  // of each frame
  Grid grid;
  std::vector<StoredSegment> segments;
  int background = 0;
  std::vector<std::uint16_t> cells, labels;  // of a frame; of a whole label map
  std::optional<UnevenSlices> uneven;        // the CT's; `grid` is then on them

  void open(const fs::path& file);
  void read_frame(std::size_t frame);
  void read_labels();
  LabelVolume mask(const StoredSegment& segment);
  bool known(int number) const {
    return std::any_of(segments.begin(), segments.end(), [&](const auto& s) { return s.number == number; });
  }
};

void DicomSegmentation::Pixels::open(const fs::path& file) {
  where = file.string();
  if (const OFCondition read = load_file(file, format); read.bad())
    fail(where, std::string("truncated, damaged or no DICOM file: ") + read.text());
  DcmDataset& data = *format.getDataset();
  if (!is_segmentation_class(text(data, DCM_SOPClassUID))) fail(where, "no DICOM Segmentation");
  const std::string type = text(data, DCM_SegmentationType);
  if (type == "FRACTIONAL")
    kind = Kind::fractional;
  else if (type == "LABELMAP")
    kind = Kind::label_map;
  else if (type != "BINARY")
    fail(where, "SegmentationType (0062,0001) is " + (type.empty() ? "missing" : type) +
                    "; expected BINARY, FRACTIONAL or LABELMAP");
  frames.emplace(data, where);
  const int bits = frames->bits_allocated();
  if (kind == Kind::binary && bits != 1 && bits != 8)
    fail(where, "a BINARY segmentation has 1 bit a pixel, or 8; this has " + std::to_string(bits));
  if (kind == Kind::fractional) {
    most = required_number(data, DCM_MaximumFractionalValue, where);
    if (bits != 8 || !(most >= 1 && most <= 255))
      fail(where, "a FRACTIONAL segmentation has 8 bits a pixel and a largest value of 1 to 255");
  }
  if (kind == Kind::label_map && bits != 8 && bits != 16)
    fail(where, "a LABELMAP segmentation has 8 or 16 bits a pixel");
  // A label map may have a segment for what is nothing (PS3.3 C.8.20.2): its padding value, else 0.
  if (const auto padding = numbers(data, DCM_PixelPaddingValue, where))
    background = static_cast<int>(padding->front());
}

void DicomSegmentation::Pixels::read_frame(std::size_t frame) {
  try {
    frames->read(frame, cells);
  } catch (const Error& error) {
    throw error.within(where + ": frame " + std::to_string(frame + 1));
  }
}

// A label map's frames hold all segments, so they are decoded once.
void DicomSegmentation::Pixels::read_labels() {
  if (!labels.empty()) return;
  std::vector<std::uint16_t> all(static_cast<std::size_t>(grid.voxel_count()),
                                 static_cast<std::uint16_t>(background));
  for (std::size_t i = 0; i < placed.size(); ++i) {
    read_frame(i);
    std::uint16_t last = static_cast<std::uint16_t>(background);
    for (const std::uint16_t cell : cells)
      if (cell != last && cell != background) {
        if (!known(cell))
          fail(where, "frame " + std::to_string(i + 1) + " is of segment " + std::to_string(cell) +
                          ", which SegmentSequence does not have");
        last = cell;
      }
    std::copy(cells.begin(), cells.end(),
              all.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slices[i]) * cells.size()));
  }
  labels = std::move(all);
}

LabelVolume DicomSegmentation::Pixels::mask(const StoredSegment& segment) {
  Pixels& p = *this;
  LabelVolume mask(p.grid);
  if (p.kind == Pixels::Kind::label_map) {
    p.read_labels();
    std::transform(p.labels.begin(), p.labels.end(), mask.voxels.begin(),
                   [&](std::uint16_t v) { return static_cast<std::uint8_t>(v == segment.number); });
    if (segment.number == p.background) std::fill(mask.voxels.begin(), mask.voxels.end(), std::uint8_t{0});
    return mask;
  }
  const bool binary = p.kind == Pixels::Kind::binary;
  const double least = binary ? 1 : p.most / 2;
  std::uint16_t inside = 0;  // BINARY with a byte a pixel: 1, in some files 255
  for (std::size_t i = 0; i < p.placed.size(); ++i) {
    if (p.placed[i].segment != segment.number) continue;
    p.read_frame(i);
    std::uint8_t* to = mask.voxels.data() + mask.grid.offset(0, 0, p.slices[i]);
    for (std::size_t k = 0; k < p.cells.size(); ++k) {
      if (p.cells[k] < least) continue;
      if (inside == 0) inside = p.cells[k];
      if (binary && p.cells[k] != inside)
        fail(p.where, "frame " + std::to_string(i + 1) + " holds the values " + std::to_string(inside) +
                          " and " + std::to_string(p.cells[k]) +
                          "; a BINARY segmentation has 0 and one other: damaged, or another type");
      to[k] = 1;
    }
  }
  return mask;
}

LabelVolume DicomSegmentation::mask(const StoredSegment& segment) const {
  LabelVolume mask = pixels_->mask(segment);
  return pixels_->uneven ? pixels_->uneven->to_even(mask) : std::move(mask);
}

DicomSegmentation read_segmentation(const fs::path& file, const Grid* ct, const UnevenSlices* uneven) {
  initialise();
  DicomSegmentation out;
  out.pixels_ = std::make_shared<DicomSegmentation::Pixels>();
  DicomSegmentation::Pixels& p = *out.pixels_;
  p.open(file);
  DcmDataset& data = *p.format.getDataset();
  const bool label_map = p.kind == DicomSegmentation::Pixels::Kind::label_map;
  SegLayout layout = read_layout(data, p.frames->frames(), label_map, p.where);
  layout.columns = p.frames->columns();
  layout.rows = p.frames->rows();
  std::optional<SegGrid> placed;
  if (uneven) {
    placed = slices_among(*uneven, layout);
    if (!placed)
      fail(p.where,
           "its frames do not lie on the slices of the CT, which lie unevenly; give the CT it belongs to");
    p.uneven = *uneven;
  } else if (ct) {
    placed = grid_within(*ct, layout);
  }
  if (!placed) placed = own_grid(layout, p.where);
  require_affordable(placed->grid, file);
  TextDecoder utf8(text(data, DCM_SpecificCharacterSet));
  out.frame_of_reference_uid = text(data, DCM_FrameOfReferenceUID);
  out.patient_id = utf8(text(data, DCM_PatientID));
  out.segments = p.segments = described(data, utf8, p.where);
  p.grid = placed->grid;
  out.grid = uneven ? uneven->even() : p.grid;
  if (!placed->warning.empty()) out.warnings.push_back({"slice-distance-guessed", placed->warning, {file}});
  if (!placed->uneven.empty()) out.warnings.push_back({"uneven-slices", placed->uneven, {file}});
  if (!p.frames->warning().empty()) out.warnings.push_back({"surplus-pixels", p.frames->warning(), {file}});
  for (std::size_t i = 0; !label_map && i < layout.frames.size(); ++i)
    if (!p.known(layout.frames[i].segment))
      fail(p.where, "frame " + std::to_string(i + 1) + " is of segment " +
                        std::to_string(layout.frames[i].segment) + ", which SegmentSequence does not have");
  p.placed = std::move(layout.frames);
  p.slices = std::move(placed->slices);
  delete data.remove(DCM_PerFrameFunctionalGroupsSequence);  // much larger in memory than what was read of it
  return out;
}

}  // namespace anatomynet::io
