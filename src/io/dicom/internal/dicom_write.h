#pragma once
#include <string>
#include <vector>

#include "io/ct_image.h"

class DcmItem;
class DcmDataset;

// What all DICOM objects written here share. Internal to the io module.
namespace anatomynet::io {

/// Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1), with the character set of their text. The
/// bytes are the CT's, whatever they are: an object whose patient differs from its CT's is lost to an
/// archive.
void put_patient_and_study(DcmItem& item, const DicomSource& source, const std::string& character_set);
inline void put_patient_and_study(DcmItem& item, const DicomSource& source) {
  put_patient_and_study(item, source, source.specific_character_set);
}

/// The Specific Character Set of an object that repeats the CT's text and adds `names` (UTF-8): the CT's, or
/// UTF-8 where the CT's cannot hold a name and the CT's text is ASCII. Throws Error(input) where there is
/// none.
std::string character_set_for(const DicomSource& source, const std::vector<std::string>& names);

/// Throws Error(input) where the CT lacks what an `object` ("an RTSTRUCT") must repeat or refer to.
void require_source(const DicomSource& ct, const std::string& object);

/// General Equipment module (PS3.3 C.7.5.1).
void put_equipment(DcmItem& item, const std::string& software_version);

/// Our own text as a value of VR LO or SH: one value, plain ASCII, at most `length` characters.
std::string short_text(const std::string& text, std::size_t length = 64);

enum class Encoding { implicit_little_endian, explicit_little_endian };

/// The data set as the bytes of a DICOM file (PS3.10).
std::string encode(DcmDataset& data, Encoding encoding);

}  // namespace anatomynet::io
