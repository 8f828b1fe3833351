#include "io/dicom/image_references.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/vectors.h"
#include "io/dicom/dicom_text.h"
#include "io/dicom/internal/contour_reader.h"
#include "io/dicom/internal/dicom_file.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {

void add(std::unordered_set<std::string>& set, std::string uid) {
  if (!uid.empty()) set.insert(std::move(uid));
}

bool any_shared(const std::unordered_set<std::string>& a, const std::unordered_set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& uid) { return b.contains(uid); });
}

// Of a Segmentation: PS3.3 C.8.20.2, C.7.6.16.1.1, C.12.4.
void read_segmentation_references(DcmItem& data, ImageReferences& out) {
  add(out.frames, text(data, DCM_FrameOfReferenceUID));
  each_item(data, DCM_ReferencedSeriesSequence, [&](DcmItem& series) {
    add(out.series, text(series, DCM_SeriesInstanceUID));
    each_item(series, DCM_ReferencedInstanceSequence,
              [&](DcmItem& image) { add(out.images, text(image, DCM_ReferencedSOPInstanceUID)); });
  });
}

}  // namespace

ImageReferences references_of(const StructureSet& set) {
  ImageReferences out{.source = set.file.string(), .patient_id = set.patient_id};
  out.images.insert(set.referenced_images.begin(), set.referenced_images.end());
  out.series.insert(set.referenced_series.begin(), set.referenced_series.end());
  out.frames.insert(set.frame_of_reference_uids.begin(), set.frame_of_reference_uids.end());
  for (const StoredRoi& roi : set.rois)
    for (const StoredContour& contour : roi.contours)
      if (contour.kind == ContourKind::closed_planar && contour.image_uids.size() == 1 &&
          !contour.points.empty())
        out.contours.push_back({contour.image_uids.front(), contour.points.front()});
  return out;
}

ImageReferences references_of(const CtImage& ct) {
  ImageReferences out{.source = ct.source};
  if (!ct.dicom) return out;
  out.patient_id = TextDecoder(ct.dicom->specific_character_set)(ct.dicom->patient_id);
  for (const DicomSlice& slice : ct.dicom->slices) add(out.images, slice.sop_instance_uid);
  add(out.series, ct.dicom->series_instance_uid);
  add(out.frames, ct.dicom->frame_of_reference_uid);
  out.slices = ct.dicom->slices;
  for (std::size_t r = 0; r < 3; ++r) out.normal[r] = ct.volume.grid.direction[r][2];
  return out;
}

ImageReferences references_in(const std::filesystem::path& file) {
  ImageReferences out{.source = file.string()};
  initialise();
  try {
    DcmFileFormat format;
    constexpr Uint32 longest_kept = 512;
    if (load_file(file, format, DCM_UndefinedTagKey, longest_kept).bad()) return out;
    DcmDataset& data = *format.getDataset();
    if (text(data, DCM_Modality) != "SEG")  // binary, fractional or label map
      return references_of(read_structure_set(file));
    out.patient_id = TextDecoder(text(data, DCM_SpecificCharacterSet))(text(data, DCM_PatientID));
    read_segmentation_references(data, out);
  } catch (const Error&) {
    return {.source = file.string()};
  }
  return out;
}

std::string planes_in_doubt(const ImageReferences& drawn, const ImageReferences& on) {
  if (on.slices.size() < 2) return "";
  std::unordered_map<std::string, std::size_t> index_of;
  std::vector<double> height;  // mm along the normal
  for (const DicomSlice& slice : on.slices) {
    index_of.emplace(slice.sop_instance_uid, height.size());
    height.push_back(dot(on.normal, slice.position));
  }
  constexpr double rounding = 0.01;  // mm
  std::size_t compared = 0, elsewhere = 0;
  double furthest = 0;
  for (const PlacedContour& contour : drawn.contours) {
    const auto image = index_of.find(contour.image);
    if (image == index_of.end()) continue;
    const std::size_t z = image->second, first = z > 0 ? z - 1 : 0;
    const double away = std::abs(dot(on.normal, contour.point) - height[z]);
    if (!std::isfinite(away)) continue;
    ++compared;
    if (away <= std::abs(height[first + 1] - height[first]) / 2 + rounding) continue;
    ++elsewhere;
    furthest = std::max(furthest, away);
  }
  if (elsewhere == 0) return "";
  char text[200];
  std::snprintf(text, sizeof text,
                "%zu of %zu contours lie up to %.4g mm from the image that they refer to (Contour Image "
                "Sequence (3006,0016)); they are taken where their points are",
                elsewhere, compared, furthest);
  return text;
}

std::vector<std::string> check_same_scan(const ImageReferences& drawn, const ImageReferences& on) {
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& what) { warnings.push_back(drawn.source + ": " + what); };
  if (on.none()) {
    warn(on.source + " is not DICOM or refers to nothing, so nothing shows that the contours belong to it");
    return warnings;
  }
  if (!drawn.patient_id.empty() && !on.patient_id.empty() && drawn.patient_id != on.patient_id)
    warn("Patient ID (0010,0020) differs from that of " + on.source);
  if (drawn.none()) {
    warn("refers to no image, series or frame of reference");
    return warnings;
  }
  const auto shared = static_cast<std::size_t>(
      std::count_if(drawn.images.begin(), drawn.images.end(),
                    [&](const std::string& uid) { return on.images.contains(uid); }));
  if (shared > 0) {
    if (shared < drawn.images.size())
      warn(std::to_string(drawn.images.size() - shared) + " of " + std::to_string(drawn.images.size()) +
           " images that it refers to are not in " + on.source);
    if (const std::string doubt = planes_in_doubt(drawn, on); !doubt.empty()) warn(doubt);
    return warnings;
  }
  if (any_shared(drawn.series, on.series)) {
    if (!drawn.images.empty())
      warn("none of the images that it refers to is in " + on.source + "; taken for the series' sake");
    return warnings;
  }
  if (any_shared(drawn.frames, on.frames)) {
    if (!drawn.images.empty() || !drawn.series.empty())
      warn("drawn on another series; taken because the frame of reference is that of " + on.source);
    return warnings;
  }
  throw Error(ErrorKind::input, drawn.source + ": drawn on another scan: neither its images, its series" +
                                    (drawn.series.empty() ? "" : " (" + *drawn.series.begin() + ")") +
                                    " nor its frame of reference are those of " + on.source +
                                    "; give the CT it belongs to");
}

void check_position(const StructureSet& set, const Grid& grid, const std::string& where) {
  Vec3 low{INFINITY, INFINITY, INFINITY}, high{-INFINITY, -INFINITY, -INFINITY};
  std::size_t contours = 0;
  for (const StoredRoi& roi : set.rois)
    for (const StoredContour& contour : roi.contours) {
      if (contour.kind == ContourKind::open || contour.kind == ContourKind::unknown) continue;
      bool readable = false;
      for (const Vec3& point : contour.points) {
        if (!std::isfinite(point[0] + point[1] + point[2])) continue;
        readable = true;
        const Vec3 index = grid.to_index(point);
        bool inside = true;
        for (std::size_t k = 0; k < 3; ++k) {
          inside = inside && index[k] >= -0.5 && index[k] <= double(grid.size[k]) - 0.5;
          low[k] = std::min(low[k], point[k]), high[k] = std::max(high[k], point[k]);
        }
        if (inside) return;
      }
      contours += readable;
    }
  if (contours == 0) return;
  Vec3 from{INFINITY, INFINITY, INFINITY}, to{-INFINITY, -INFINITY, -INFINITY};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index{};
    for (std::size_t k = 0; k < 3; ++k) index[k] = (corner >> k & 1) ? double(grid.size[k] - 1) : 0.0;
    const Vec3 p = grid.to_world(index);
    for (std::size_t k = 0; k < 3; ++k) from[k] = std::min(from[k], p[k]), to[k] = std::max(to[k], p[k]);
  }
  char text[320];
  std::snprintf(
      text, sizeof text,
      "none of its %zu contours lies in %%s: they span x %.4g to %.4g, y %.4g to %.4g, z %.4g to %.4g mm, "
      "it x %.4g to %.4g, y %.4g to %.4g, z %.4g to %.4g mm; give the CT it belongs to",
      contours, low[0], high[0], low[1], high[1], low[2], high[2], from[0], to[0], from[1], to[1], from[2],
      to[2]);
  std::string message = text;
  message.replace(message.find("%s"), 2, where);
  throw Error(ErrorKind::input, set.file.string() + ": " + message);
}

}  // namespace anatomynet::io
