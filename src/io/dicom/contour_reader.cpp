#include "io/dicom/internal/contour_reader.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include "core/error.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {

constexpr std::size_t chunk = 1 << 20;  // bytes of text at a time, whatever a contour's length

DcmSequenceOfItems* sequence_of(DcmItem& parent, const DcmTagKey& tag) {
  DcmSequenceOfItems* sequence = nullptr;
  return parent.findAndGetSequence(tag, sequence).good() ? sequence : nullptr;
}

std::string count_of(std::size_t n, const char* what) {
  return std::to_string(n) + (n == 1 ? " contour " : " contours ") + what;
}

}  // namespace

void each_item(DcmItem& parent, const DcmTagKey& tag, const std::function<void(DcmItem&)>& visit) {
  DcmSequenceOfItems* sequence = sequence_of(parent, tag);
  if (!sequence) return;
  for (DcmObject* at = sequence->nextInContainer(nullptr); at; at = sequence->nextInContainer(at))
    if (auto* item = dynamic_cast<DcmItem*>(at)) visit(*item);
}

void take_items(DcmItem& parent, const DcmTagKey& tag, const std::function<void(DcmItem&)>& visit) {
  DcmSequenceOfItems* sequence = sequence_of(parent, tag);
  if (!sequence) return;
  while (sequence->card() > 0) {
    const std::unique_ptr<DcmItem> item(sequence->remove(0UL));
    if (!item) return;
    visit(*item);
  }
}

double decimal_number(std::string_view text) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const std::string_view blanks(" \0\t\r\n", 5);
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return none;
  text = text.substr(first, text.find_last_not_of(blanks) + 1 - first);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) ? value : none;
}

void ContourReader::Faults::say(std::vector<std::string>& warnings) const {
  if (unreadable > 0) warnings.push_back(count_of(unreadable, "with coordinates that are no numbers"));
  if (odd > 0)
    warnings.push_back(
        count_of(odd, "whose Contour Data (3006,0050) is no multiple of three; rest left out"));
  if (miscounted > 0)
    warnings.push_back(
        count_of(miscounted, "with another count than Number of Contour Points (3006,0046) says"));
  if (none > 0) warnings.push_back(count_of(none, "without Contour Data (3006,0050)"));
  types.say(warnings);
}

void ContourReader::read_points(DcmElement& data, std::vector<Vec3>& points, Faults& faults) {
  const std::size_t length = data.getLengthField();
  std::size_t values = 0;
  bool unreadable = false;
  Vec3 point{};
  const auto take = [&](std::string_view text) {
    const double value = decimal_number(text);
    unreadable = unreadable || std::isnan(value);
    point[values++ % 3] = value;
    if (values % 3 == 0) points.push_back(point);
  };
  std::size_t kept = 0;  // start of a number that ends in the next chunk
  for (std::size_t done = 0; done < length;) {
    const std::size_t n = std::min(chunk, length - done);
    buffer_.resize(kept + n);
    if (data.getPartialValue(buffer_.data() + kept, static_cast<Uint32>(done), static_cast<Uint32>(n),
                             &cache_)
            .bad())
      throw Error(ErrorKind::input, "truncated or damaged DICOM file: Contour Data (3006,0050) ends early");
    done += n;
    std::size_t start = 0;
    for (std::size_t end = buffer_.find('\\', start); end != std::string::npos;
         end = buffer_.find('\\', start)) {
      take(std::string_view(buffer_).substr(start, end - start));
      start = end + 1;
    }
    buffer_.erase(0, start);
    kept = buffer_.size();
  }
  if (length > 0 && buffer_.find_first_not_of(std::string_view(" \0", 2)) != std::string::npos) take(buffer_);
  if (unreadable) ++faults.unreadable;
  if (values % 3 != 0) ++faults.odd;
}

StoredContour ContourReader::read_contour(DcmItem& item, Faults& faults) {
  StoredContour contour;
  contour.type = text(item, DCM_ContourGeometricType);
  const ContourTypeReading type = read_contour_type(contour.type);
  contour.kind = type.kind;
  faults.types.add(contour.type, type);
  each_item(item, DCM_ContourImageSequence, [&](DcmItem& image) {
    std::string uid = text(image, DCM_ReferencedSOPInstanceUID);
    if (!uid.empty()) contour.image_uids.push_back(std::move(uid));
  });
  const double promised = decimal_number(text(item, DCM_NumberOfContourPoints));
  DcmElement* data = nullptr;
  if (item.findAndGetElement(DCM_ContourData, data).good() && data && data->getLengthField() > 0 &&
      data->getLengthField() != DCM_UndefinedLength && data->isLeaf()) {
    // Shortest form of a point: "0\0\0\".
    if (promised > 0 && promised <= double(data->getLengthField()) / 6 + 1)
      contour.points.reserve(static_cast<std::size_t>(promised));
    read_points(*data, contour.points, faults);
    if (promised >= 0 && promised != double(contour.points.size())) ++faults.miscounted;
  } else {
    ++faults.none;
  }
  return contour;
}

void ContourReader::read_roi(DcmItem& item, StoredRoi& roi) {
  const std::string colour = text(item, DCM_ROIDisplayColor);
  std::array<std::uint8_t, 3> rgb{};
  std::size_t start = 0, parts = 0;
  while (parts < 3 && start <= colour.size()) {
    const std::size_t end = std::min(colour.find('\\', start), colour.size());
    const double value = decimal_number(std::string_view(colour).substr(start, end - start));
    if (!(value >= 0 && value <= 255)) break;
    rgb[parts++] = static_cast<std::uint8_t>(value);
    start = end + 1;
  }
  if (parts == 3) roi.colour = rgb;
  Faults faults;
  take_items(item, DCM_ContourSequence,
             [&](DcmItem& contour) { roi.contours.push_back(read_contour(contour, faults)); });
  faults.say(roi.warnings);
}

}  // namespace anatomynet::io
