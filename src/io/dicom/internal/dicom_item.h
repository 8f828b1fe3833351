#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class DcmItem;
class DcmTagKey;

// Typed access to DICOM attributes, with messages that name the tag. Internal to the io module.
namespace anatomynet::io {

/// Silences DCMTK's logs and registers its decoders (JPEG, JPEG-LS); cheap after the first call.
void initialise();

/// "ImagePositionPatient (0020,0032)"
std::string tag_name(const DcmTagKey& tag);

/// All values as stored, backslashes between them, padding stripped; empty when absent.
std::string text(DcmItem& item, const DcmTagKey& tag);

/// All numbers of a DS, IS, US, SS or FD attribute; nullopt when absent or empty. Throws Error(input)
/// prefixed with `where` for text that is no finite number.
std::optional<std::vector<double>> numbers(DcmItem& item, const DcmTagKey& tag, const std::string& where);

/// The same for exactly `count` numbers; absent or another count is an Error(input) that names the tag.
std::vector<double> required_numbers(DcmItem& item, const DcmTagKey& tag, std::size_t count,
                                     const std::string& where);
double required_number(DcmItem& item, const DcmTagKey& tag, const std::string& where);
std::string required_text(DcmItem& item, const DcmTagKey& tag, const std::string& where);

/// A number as a DS value: the shortest text that reads back equal, or the closest one of 16 bytes.
std::string decimal_string(double value);

/// `value` rounded to `digits` decimals, without trailing zeros, at most 16 bytes.
std::string decimal_string(double value, int digits);

/// Throws Error(internal) unless DCMTK accepts the value.
void put(DcmItem& item, const DcmTagKey& tag, const std::string& value);

void put_us(DcmItem& item, const DcmTagKey& tag, std::int64_t value);

/// A new last item of the sequence, which is created when absent.
DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence);

/// Code Sequence Macro (PS3.3 8.8).
DcmItem& add_code(DcmItem& item, const DcmTagKey& sequence, const std::string& code,
                  const std::string& scheme, const std::string& meaning);

}  // namespace anatomynet::io
