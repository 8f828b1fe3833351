#include "io/dicom/internal/dicom_item.h"

#include <array>
#include <charconv>
#include <cmath>
#include <memory>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::io {

void initialise() {
  static const bool dictionary = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    // Elements of VR UN, as archives store what they do not know, are read by their true VR (PS3.5 6.2.2,
    // note 2).
    dcmEnableUnknownVRConversion.set(OFTrue);
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    return dcmDataDict.isDictionaryLoaded() == OFTrue;
  }();
  if (!dictionary)
    throw Error(ErrorKind::internal,
                "the DICOM data dictionary was not found; install DCMTK's data files or set DCMDICTPATH");
}

std::string tag_name(const DcmTagKey& tag) {
  DcmTag named(tag);
  const OFString numbers = tag.toString();
  std::string name = named.getTagName();
  name += ' ';
  return name.append(numbers.data(), numbers.size());
}

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  if (item.findAndGetOFStringArray(tag, value).bad()) return {};
  std::string out(value.c_str(), value.size());
  const auto padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!out.empty() && padding(out.back())) out.pop_back();
  std::size_t start = 0;
  while (start < out.size() && padding(out[start])) ++start;
  return out.substr(start);
}

std::optional<std::vector<double>> numbers(DcmItem& item, const DcmTagKey& tag, const std::string& where) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad() || !element || element->getLength() == 0) return {};
  std::vector<double> out;
  for (unsigned long i = 0; i < element->getVM(); ++i) {
    OFString one;
    const bool got = element->getOFString(one, i).good();
    const std::string value = got ? one.c_str() : "";
    const auto first = value.find_first_not_of(" +");
    const auto last = value.find_last_not_of(std::string_view(" \0", 2));
    double number = 0;
    bool valid = first != std::string::npos;
    if (valid) {
      const auto parsed = std::from_chars(value.data() + first, value.data() + last + 1, number);
      valid = parsed.ec == std::errc() && parsed.ptr == value.data() + last + 1 && std::isfinite(number);
    }
    if (!valid)
      throw Error(ErrorKind::input, where + ": " + tag_name(tag) + " '" + clean_text(value, longest_value) +
                                        "' is not a number");
    out.push_back(number);
  }
  if (out.empty()) return {};
  return out;
}

std::vector<double> required_numbers(DcmItem& item, const DcmTagKey& tag, std::size_t count,
                                     const std::string& where) {
  auto values = numbers(item, tag, where);
  if (!values)
    throw Error(ErrorKind::input,
                where + ": required " + tag_name(tag) + " is missing: incomplete file, export it again");
  if (values->size() != count)
    throw Error(ErrorKind::input, where + ": " + tag_name(tag) + " has " + std::to_string(values->size()) +
                                      " value(s), expected " + std::to_string(count));
  return *std::move(values);
}

double required_number(DcmItem& item, const DcmTagKey& tag, const std::string& where) {
  return required_numbers(item, tag, 1, where).front();
}

std::string required_text(DcmItem& item, const DcmTagKey& tag, const std::string& where) {
  std::string value = text(item, tag);
  if (value.empty())
    throw Error(ErrorKind::input,
                where + ": required " + tag_name(tag) + " is missing: incomplete file, export it again");
  return value;
}

std::string decimal_string(double value) {
  if (value == 0) return "0";  // never "-0"
  std::array<char, 64> buffer;
  const auto shortest = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (shortest.ptr - buffer.data() <= 16) return {buffer.data(), shortest.ptr};
  for (int precision = 16; precision > 0; --precision) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::general, precision);
    if (end.ptr - buffer.data() <= 16) return {buffer.data(), end.ptr};
  }
  throw Error(ErrorKind::internal, "a number has no DS form");
}

std::string decimal_string(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  const double rounded = std::round(value * scale) / scale;
  return decimal_string(rounded);
}

namespace {

// DCMTK takes a UID that begins with '=' for a name in its table; a CT's UIDs are repeated as they are.
OFCondition put_uid(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  auto uid = std::make_unique<DcmUniqueIdentifier>(DcmTag(tag));
  const OFCondition set = uid->DcmByteString::putString(value.c_str(), static_cast<Uint32>(value.size()));
  if (set.bad()) return set;
  const OFCondition inserted = item.insert(uid.get(), OFTrue);
  if (inserted.good()) static_cast<void>(uid.release());  // the item's now
  return inserted;
}

}  // namespace

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  const bool raw_uid = DcmTag(tag).getEVR() == EVR_UI && value.starts_with('=');
  const OFCondition status = raw_uid
                                 ? put_uid(item, tag, value)
                                 : item.putAndInsertOFStringArray(tag, OFString(value.c_str(), value.size()));
  if (status.bad()) throw Error(ErrorKind::internal, "cannot set " + tag_name(tag) + ": " + status.text());
}

void put_us(DcmItem& item, const DcmTagKey& tag, std::int64_t value) {
  if (value < 0 || value > 65535 || item.putAndInsertUint16(tag, static_cast<Uint16>(value)).bad())
    throw Error(ErrorKind::internal, "cannot set " + tag_name(tag) + " to " + std::to_string(value));
}

DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* added = nullptr;
  const OFCondition status = item.findOrCreateSequenceItem(sequence, added, -2);
  if (status.bad() || !added)
    throw Error(ErrorKind::internal, "cannot add to " + tag_name(sequence) + ": " + status.text());
  return *added;
}

DcmItem& add_code(DcmItem& item, const DcmTagKey& sequence, const std::string& code,
                  const std::string& scheme, const std::string& meaning) {
  DcmItem& added = add_item(item, sequence);
  put(added, DCM_CodeValue, code);
  put(added, DCM_CodingSchemeDesignator, scheme);
  put(added, DCM_CodeMeaning, meaning);
  return added;
}

}  // namespace anatomynet::io
