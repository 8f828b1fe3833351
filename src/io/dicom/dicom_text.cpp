#include "io/dicom/dicom_text.h"

#include <algorithm>
#include <cctype>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/dcmdata/dctk.h>
#include <iconv.h>

#include "core/text.h"

namespace anatomynet::io {
namespace {

std::string latin1_to_utf8(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | byte >> 6);
      out += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return out;
}

// "iso-ir 100", "ISO_IR_100" and their like, as some systems write them, become "ISO_IR 100".
std::string defined_term(std::string term) {
  const auto blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!term.empty() && blank(term.back())) term.pop_back();
  while (!term.empty() && blank(term.front())) term.erase(0, 1);
  for (char& c : term) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (c == '-' || c == '_') c = ' ';
  }
  if (term == "UTF 8" || term == "UTF8") return "ISO_IR 192";
  if (term.starts_with("ISO IR ")) return "ISO_IR " + term.substr(7);
  return term;
}

// Japanese in two bytes (ISO 2022 IR 87 and 159), for which DCMTK asks iconv under a name that glibc lacks:
// with its escapes the text is ISO-2022-JP-2. Empty where it is not.
std::string from_japanese(const std::string& raw) {
  const iconv_t converter = iconv_open("UTF-8", "ISO-2022-JP-2");
  // NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX says so
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string in = raw, out(4 * raw.size() + 16, '\0');
  char *from = in.data(), *to = out.data();
  std::size_t left = in.size(), room = out.size();
  const bool good = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1) && left == 0;
  iconv_close(converter);
  out.resize(good ? out.size() - room : 0);
  return out;
}

OFString defined_terms(const std::string& declared) {
  std::string out;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = declared.find('\\', start);
    out += defined_term(declared.substr(start, end - start));
    if (end == std::string::npos) break;
    out += '\\';
    start = end + 1;
  }
  return {out.c_str(), out.size()};
}

// The set whose characters need no escape: the first of several.
std::string first_set(const std::string& declared) {
  std::string term = defined_term(declared.substr(0, declared.find('\\')));
  if (term.starts_with("ISO 2022 IR ")) term = "ISO_IR " + term.substr(12);
  return term;
}

}  // namespace

bool is_plain_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\x1b'; });
}

std::optional<std::string> encoded_text(const std::string& utf8, const std::string& character_set) {
  if (is_plain_ascii(utf8)) return utf8;
  const std::string set = first_set(character_set);
  DcmSpecificCharacterSet converter;
  OFString out;
  if (set.empty() || converter.selectCharacterSet("ISO_IR 192", OFString(set.c_str())).bad() ||
      converter.convertString(OFString(utf8.data(), utf8.size()), out).bad())
    return {};
  std::string bytes(out.c_str(), out.size());
  TextDecoder back(set);
  if (back(bytes) != utf8) return {};
  return bytes;
}

std::string one_value(const std::string& utf8, std::size_t length) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80 && ++characters > length) break;
    out += byte < 0x20 || byte == 0x7F || c == '\\' ? '_' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

TextDecoder::TextDecoder(const std::string& character_set)
    : declared_(character_set), set_(std::make_unique<DcmSpecificCharacterSet>()) {
  if (set_->selectCharacterSet(defined_terms(declared_)).bad()) set_.reset();
}
TextDecoder::~TextDecoder() = default;
TextDecoder::TextDecoder(TextDecoder&&) noexcept = default;
TextDecoder& TextDecoder::operator=(TextDecoder&&) noexcept = default;

void TextDecoder::warn(const std::string& text) {
  if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end()) warnings_.push_back(text);
}

std::string TextDecoder::operator()(const std::string& raw) {
  if (is_plain_ascii(raw)) return raw;
  OFString converted;
  // Backslash, caret and equals sign end an escape's reach (PS3.5 6.1.2.5.3).
  if (set_ && set_->convertString(OFString(raw.data(), raw.size()), converted, "\\^=").good()) {
    std::string out(converted.c_str(), converted.size());
    if (is_utf8(out)) return out;
  }
  if (declared_.find("IR 87") != std::string::npos || declared_.find("IR 159") != std::string::npos)
    if (std::string out = from_japanese(raw); !out.empty()) return out;
  const bool utf8 = is_utf8(raw);
  const std::string shown = is_plain_ascii(declared_) ? "'" + declared_ + "'" : "unreadable";
  warn((declared_.empty() ? "text beyond ASCII without SpecificCharacterSet (0008,0005)"
                          : "text does not fit SpecificCharacterSet (0008,0005) " + shown) +
       (utf8 ? ", read as UTF-8" : ", read as Latin-1"));
  return utf8 ? raw : latin1_to_utf8(raw);
}

}  // namespace anatomynet::io
