#include "io/dicom/dicom_seg_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmiod/cielabutil.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>

#include "core/error.h"
#include "core/organ_codes.h"
#include "core/output.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_uid.h"
#include "io/dicom/internal/dicom_write.h"

namespace anatomynet::io {
namespace {

// DCMTK checks what it writes; the CT's own texts and UIDs, which need not be valid, are put in afterwards.
constexpr const char* placeholder_uid = "2.25.1";

// So are the pixels: DCMTK, whose frames are replaced, is given one voxel of each.
constexpr Uint16 placeholder_side = 1;

OFString ds(double value) { return decimal_string(value).c_str(); }

void require(const OFCondition& status, const char* what) {
  if (status.bad())
    throw Error(ErrorKind::internal, std::string("DICOM Segmentation: ") + what + ": " + status.text());
}

CodeSequenceMacro code(const std::string& value, const std::string& meaning) {
  return CodeSequenceMacro(value.c_str(), "SCT", short_text(meaning).c_str());
}

std::unique_ptr<DcmSegmentation> new_object(const SegmentationOptions& options) {
  const std::string version =
      options.software_version.empty() ? "unknown" : short_text(options.software_version);
  const IODGeneralEquipmentModule::EquipmentInfo equipment("anatomynet", "anatomynet", "0", version.c_str());
  const ContentIdentificationMacro content("1", "SEGMENTATION", "Organs at risk", "");
  DcmSegmentation* made = nullptr;
  require(
      DcmSegmentation::createBinarySegmentation(made, placeholder_side, placeholder_side, equipment, content),
      "cannot be made");
  return std::unique_ptr<DcmSegmentation>(made);
}

std::unique_ptr<DcmSegment> new_segment(const Organ& organ, const SegmentationOptions& options,
                                        const std::string& how) {
  const bool coded = !organ.snomed_code.empty();
  const CodeSequenceMacro category =
      coded ? code("123037004", "Anatomical Structure") : code("85756007", "Tissue");
  const CodeSequenceMacro type =
      coded ? code(organ.snomed_code, organ.snomed_meaning) : code("85756007", "Tissue");
  const bool named = !options.algorithm.empty(), automatic = how.empty() ? named : how == "AUTOMATIC";
  const DcmSegTypes::E_SegmentAlgoType origin = how == "MANUAL" ? DcmSegTypes::SAT_MANUAL
                                                : automatic     ? DcmSegTypes::SAT_AUTOMATIC
                                                                : DcmSegTypes::SAT_SEMIAUTOMATIC;
  DcmSegment* made = nullptr;
  require(DcmSegment::create(made, "label", category, type, origin,
                             named ? short_text(options.algorithm).c_str() : "unknown"),
          "a segment cannot be made");
  std::unique_ptr<DcmSegment> segment(made);
  if (const SideCode side = side_code(organ.laterality); *side.code)
    segment->getSegmentedPropertyTypeModifierCode().push_back(
        new CodeSequenceMacro(code(side.code, side.meaning)));
  double l = 0, a = 0, b = 0;
  IODCIELabUtil::rgb2DicomLab(l, a, b, organ.colour[0] / 255.0, organ.colour[1] / 255.0,
                              organ.colour[2] / 255.0);
  const auto in_range = [](double v) { return static_cast<Uint16>(std::clamp(std::round(v), 0.0, 65535.0)); };
  require(segment->setRecommendedDisplayCIELabValue(in_range(l), in_range(a), in_range(b)),
          "a colour cannot be set");
  return segment;
}

}  // namespace

struct SegmentationWriter::Object {
  Object(const DicomSource& source, const Grid& on, SegmentationOptions how)
      : ct(source), grid(on), options(std::move(how)), seg(new_object(options)) {
    even_slices = even();
  }

  Vec3 position(std::int64_t z) const;
  double gap(std::int64_t below) const;
  bool even() const;
  double slab(std::int64_t z) const;
  std::unique_ptr<FGPixelMeasures> measures(double thickness) const;
  std::string uid(const char* role) const { return make_uid_for(options.uid_seed, role); }
  void add_common_groups();
  void add_frame(const std::vector<Uint8>& pixels, std::int64_t z, Uint16 segment);
  /// The segment is made with its first frame.
  void add_slice(const Organ& organ, const std::string& how, const std::vector<Uint8>& pixels, std::int64_t z,
                 Uint16& number);
  void put_headers(DcmDataset& data) const;
  void put_labels(DcmDataset& data, const std::string& character_set) const;
  void put_source_images(DcmDataset& data) const;
  void put_derivations(DcmDataset& data) const;
  void put_pixels(DcmDataset& data) const;

  DicomSource ct;
  Grid grid;
  SegmentationOptions options;
  std::unique_ptr<DcmSegmentation> seg;
  bool even_slices = true;
  std::vector<std::string> names;  ///< UTF-8, one a segment
  std::vector<std::int64_t> slice_of_frame;
  std::vector<Uint8> packed;  ///< pixels of all frames, one bit each, the first in the lowest bit
  std::size_t bits_packed = 0;
};

SegmentationWriter::SegmentationWriter(const DicomSource& ct, const Grid& grid, SegmentationOptions options) {
  initialise();
  require_source(ct, "a DICOM Segmentation");
  if (grid.size[0] > 65535 || grid.size[1] > 65535 ||
      ct.slices.size() != static_cast<std::size_t>(grid.size[2]))
    throw Error(ErrorKind::internal, describe(grid) + ": not the grid of the CT's " +
                                         std::to_string(ct.slices.size()) + " slices");
  object_ = std::make_unique<Object>(ct, grid, std::move(options));
  object_->add_common_groups();
}

SegmentationWriter::~SegmentationWriter() = default;

// Where slice z of the grid lies: at its image, whose position readers compare, unless that lies sideways
// (gantry tilt), where the grid's slice has the same height alone.
Vec3 SegmentationWriter::Object::position(std::int64_t z) const {
  const Vec3 on_grid = grid.to_world({0, 0, double(z)});
  const Vec3& image = ct.slices[static_cast<std::size_t>(z)].position;
  double off[3] = {0, 0, 0};  // of the image, along the grid's axes
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t r = 0; r < 3; ++r) off[k] += (image[r] - on_grid[r]) * grid.direction[r][k];
  if (std::hypot(off[0], off[1]) <= 0.1 * std::min(grid.spacing[0], grid.spacing[1])) return image;
  Vec3 at = on_grid;
  for (std::size_t r = 0; r < 3; ++r) at[r] += off[2] * grid.direction[r][2];
  return at;
}

// mm between the planes of slices `below` and `below` + 1.
double SegmentationWriter::Object::gap(std::int64_t below) const {
  const Vec3 a = position(below), b = position(below + 1);
  double mm = 0;
  for (std::size_t r = 0; r < 3; ++r) mm += (b[r] - a[r]) * grid.direction[r][2];
  return mm;
}

// mm of patient that a slice stands for: half the way to each neighbour, at the ends as far out as in.
double SegmentationWriter::Object::slab(std::int64_t z) const {
  const std::int64_t last = grid.size[2] - 1;
  return last == 0 ? grid.spacing[2]
                   : (gap(std::max<std::int64_t>(z - 1, 0)) + gap(std::min(z, last - 1))) / 2;
}

// Whether slices are evenly spaced but for what positions are rounded.
bool SegmentationWriter::Object::even() const {
  for (std::int64_t z = 0; z + 1 < grid.size[2]; ++z)
    if (std::abs(gap(z) - grid.spacing[2]) > std::max(0.12, 0.02 * grid.spacing[2])) return false;
  return true;
}

std::unique_ptr<FGPixelMeasures> SegmentationWriter::Object::measures(double thickness) const {
  auto measures = std::make_unique<FGPixelMeasures>();
  const std::string spacing = decimal_string(grid.spacing[1]) + "\\" + decimal_string(grid.spacing[0]);
  require(measures->setPixelSpacing(spacing.c_str()), "Pixel Spacing");
  require(measures->setSliceThickness(ds(thickness)), "Slice Thickness");
  return measures;
}

// What all frames share, and by which two values frames are told apart. Uneven slices have no spacing between
// them, and each its own thickness.
void SegmentationWriter::Object::add_common_groups() {
  if (even_slices) {
    const auto common = measures(grid.spacing[2]);
    require(common->setSpacingBetweenSlices(ds(grid.spacing[2])), "Spacing Between Slices");
    require(seg->addForAllFrames(*common), "Pixel Measures");
  }
  const Mat3& d = grid.direction;
  const std::unique_ptr<FGPlaneOrientationPatient> orientation(FGPlaneOrientationPatient::createMinimal(
      ds(d[0][0]), ds(d[1][0]), ds(d[2][0]), ds(d[0][1]), ds(d[1][1]), ds(d[2][1])));
  if (!orientation) throw Error(ErrorKind::internal, "DICOM Segmentation: Image Orientation (Patient)");
  require(seg->addForAllFrames(*orientation), "Plane Orientation");
  IODMultiframeDimensionModule& dimensions = seg->getDimensions();
  const std::string organisation = uid("dimensions");
  require(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, organisation.c_str(),
                                       DCM_SegmentIdentificationSequence, "Segment"),
          "Dimension Index");
  require(dimensions.addDimensionIndex(DCM_ImagePositionPatient, organisation.c_str(),
                                       DCM_PlanePositionSequence, "Slice"),
          "Dimension Index");
}

void SegmentationWriter::Object::add_frame(const std::vector<Uint8>& pixels, std::int64_t z, Uint16 segment) {
  FGFrameContent content;
  require(content.setDimensionIndexValues(segment, 0), "Dimension Index Values");
  require(content.setDimensionIndexValues(static_cast<Uint32>(z + 1), 1), "Dimension Index Values");
  const Vec3 at = position(z);
  const std::unique_ptr<FGPlanePosPatient> plane(
      FGPlanePosPatient::createMinimal(ds(at[0]), ds(at[1]), ds(at[2])));
  if (!plane) throw Error(ErrorKind::internal, "DICOM Segmentation: Image Position (Patient)");
  OFVector<FGBase*> groups;
  groups.push_back(&content);
  groups.push_back(plane.get());
  const std::unique_ptr<FGPixelMeasures> own = even_slices ? nullptr : measures(slab(z));
  if (own) groups.push_back(own.get());
  Uint8 placeholder = 1;
  require(seg->addFrame(&placeholder, segment, groups), "a frame cannot be added");
  slice_of_frame.push_back(z);
  packed.resize((bits_packed + pixels.size() + 7) / 8);
  const auto next = [&](std::size_t from) -> std::size_t {  // memchr, since most of a frame is 0
    const void* hit = std::memchr(pixels.data() + from, 1, pixels.size() - from);
    return hit ? static_cast<std::size_t>(static_cast<const Uint8*>(hit) - pixels.data()) : pixels.size();
  };
  for (std::size_t i = next(0); i < pixels.size(); i = next(i + 1)) {
    const std::size_t bit = bits_packed + i;
    packed[bit / 8] = static_cast<Uint8>(packed[bit / 8] | 1 << bit % 8);
  }
  bits_packed += pixels.size();
}

void SegmentationWriter::Object::add_slice(const Organ& organ, const std::string& how,
                                           const std::vector<Uint8>& pixels, std::int64_t z, Uint16& number) {
  if (number == 0) {
    std::unique_ptr<DcmSegment> segment = new_segment(organ, options, how);
    require(seg->addSegment(segment.release(), number), "a segment cannot be added");
    names.push_back(one_value(organ.name));
  }
  add_frame(pixels, z, number);
}

bool SegmentationWriter::add(const Organ& organ, const LabelVolume& labels, int value,
                             const std::string& how) {
  const auto slice_size = static_cast<std::size_t>(labels.grid.size[0] * labels.grid.size[1]);
  Uint16 number = 0;
  std::vector<Uint8> pixels(slice_size);
  for (std::int64_t z = 0; z < labels.grid.size[2]; ++z) {
    const auto slice = labels.slice(z);
    if (!std::memchr(slice.data(), value, slice.size())) continue;
    std::transform(slice.begin(), slice.end(), pixels.begin(),
                   [&](std::uint8_t v) -> Uint8 { return v == value ? 1 : 0; });
    object_->add_slice(organ, how, pixels, z, number);
  }
  return number > 0;
}

bool SegmentationWriter::add(const Organ& organ, const LabelBox& box, std::span<const std::uint8_t> voxels,
                             const std::string& how) {
  const Grid& grid = object_->grid;
  Uint16 number = 0;
  std::vector<Uint8> pixels(static_cast<std::size_t>(grid.size[0] * grid.size[1]), 0);
  const auto slice_size = static_cast<std::size_t>(box.size[0] * box.size[1]);
  for (std::int64_t z = 0; z < box.size[2]; ++z) {
    const auto slice = voxels.subspan(static_cast<std::size_t>(z) * slice_size, slice_size);
    if (std::find(slice.begin(), slice.end(), 1) == slice.end()) continue;
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      std::copy_n(slice.data() + y * box.size[0], box.size[0],
                  pixels.data() + (box.low[1] + y) * grid.size[0] + box.low[0]);
    object_->add_slice(organ, how, pixels, box.low[2] + z, number);
  }
  return number > 0;
}

void SegmentationWriter::Object::put_headers(DcmDataset& data) const {
  std::vector<std::string> texts = names;
  if (!options.creator.empty()) texts.push_back(options.creator);
  const std::string character_set = character_set_for(ct, texts);
  const Timestamp now = timestamp(!options.uid_seed.empty() && !options.dated);
  delete data.remove(DCM_SpecificCharacterSet);
  put_patient_and_study(data, ct, character_set);
  put(data, DCM_SOPInstanceUID, uid("segmentation"));
  put(data, DCM_SeriesInstanceUID, uid("segmentation series"));
  put(data, DCM_SeriesNumber, "2");
  put(data, DCM_SeriesDescription, short_text(options.series_description));
  put(data, DCM_FrameOfReferenceUID, ct.frame_of_reference_uid);
  put(data, DCM_PositionReferenceIndicator, ct.position_reference_indicator);
  for (const DcmTagKey& tag : {DCM_InstanceCreationDate, DCM_SeriesDate, DCM_ContentDate})
    put(data, tag, now.date);
  for (const DcmTagKey& tag : {DCM_InstanceCreationTime, DCM_SeriesTime, DCM_ContentTime})
    put(data, tag, now.time);
  if (!options.creator.empty()) {
    const std::string name = one_value(options.creator);
    put(data, DCM_ContentCreatorName, encoded_text(name, character_set).value_or(short_text(name)));
  }
  put_labels(data, character_set);
  put_source_images(data);
  put_derivations(data);
  put_pixels(data);
}

void SegmentationWriter::Object::put_labels(DcmDataset& data, const std::string& character_set) const {
  std::size_t i = 0;
  each_item(data, DCM_SegmentSequence, [&](DcmItem& segment) {
    const std::string& name = names.at(i++);
    put(segment, DCM_SegmentLabel, encoded_text(name, character_set).value_or(short_text(name)));
  });
}

// Common Instance Reference module: every image once, also those of slices without a frame.
void SegmentationWriter::Object::put_source_images(DcmDataset& data) const {
  delete data.remove(DCM_ReferencedSeriesSequence);
  DcmItem& series = add_item(data, DCM_ReferencedSeriesSequence);
  put(series, DCM_SeriesInstanceUID, ct.series_instance_uid);
  std::string last;
  for (const DicomSlice& slice : ct.slices) {
    if (slice.sop_instance_uid == last) continue;  // frames of one file
    last = slice.sop_instance_uid;
    DcmItem& image = add_item(series, DCM_ReferencedInstanceSequence);
    put(image, DCM_ReferencedSOPClassUID, ct.sop_class_uid);
    put(image, DCM_ReferencedSOPInstanceUID, last);
  }
}

// Derivation Image functional group of each frame: the slice that it was made from.
void SegmentationWriter::Object::put_derivations(DcmDataset& data) const {
  std::size_t i = 0;
  each_item(data, DCM_PerFrameFunctionalGroupsSequence, [&](DcmItem& frame) {
    const DicomSlice& slice = ct.slices[static_cast<std::size_t>(slice_of_frame.at(i++))];
    DcmItem& derivation = add_item(frame, DCM_DerivationImageSequence);
    add_code(derivation, DCM_DerivationCodeSequence, "113076", "DCM", "Segmentation");
    DcmItem& image = add_item(derivation, DCM_SourceImageSequence);
    put(image, DCM_ReferencedSOPClassUID, ct.sop_class_uid);
    put(image, DCM_ReferencedSOPInstanceUID, slice.sop_instance_uid);
    if (slice.frame > 0) put(image, DCM_ReferencedFrameNumber, std::to_string(slice.frame));
    add_code(image, DCM_PurposeOfReferenceCodeSequence, "121322", "DCM",
             "Source image for image processing operation");
  });
}

// In place of DCMTK's, which (3.6.7) loses bits where frames do not end with a byte.
void SegmentationWriter::Object::put_pixels(DcmDataset& data) const {
  require(data.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(grid.size[1])), "Rows");
  require(data.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(grid.size[0])), "Columns");
  std::vector<Uint8> bytes = packed;
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  auto pixels = std::make_unique<DcmPixelData>(DCM_PixelData);
  pixels->setVR(EVR_OB);
  require(pixels->putUint8Array(bytes.data(), static_cast<unsigned long>(bytes.size())), "Pixel Data");
  require(data.insert(pixels.get(), OFTrue), "Pixel Data");
  static_cast<void>(pixels.release());  // it is the data set's
}

void SegmentationWriter::write(const std::filesystem::path& path) {
  Object& object = *object_;
  if (object.names.empty())
    throw Error(
        ErrorKind::input,
        path.string() + ": nothing to write: no organ has a voxel, and a DICOM Segmentation needs one");
  DcmSegmentation& seg = *object.seg;
  require(seg.getFrameOfReference().setFrameOfReferenceUID(placeholder_uid), "Frame of Reference UID");
  require(seg.getStudy().setStudyInstanceUID(placeholder_uid), "Study Instance UID");
  require(seg.getSeries().setSeriesInstanceUID(placeholder_uid), "Series Instance UID");
  require(seg.getSeries().setSeriesNumber("2"), "Series Number");
  seg.setCheckFGOnWrite(OFFalse);  // minutes for thousands of frames
  DcmDataset data;
  require(seg.writeDataset(data), "cannot be written");
  object.put_headers(data);
  write_file_atomically(path, encode(data, Encoding::explicit_little_endian));
}

}  // namespace anatomynet::io
