#pragma once
#include <string>

#include "io/ct_image.h"

class DcmItem;
class DcmDataset;

// What all DICOM objects written here share. Internal to the io room.
namespace anatomynet::dicom {

/// Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1), with the character set of their text.
void put_patient_and_study(DcmItem& item, const DicomSource& source);

/// General Equipment module (PS3.3 C.7.5.1).
void put_equipment(DcmItem& item, const std::string& software_version);

/// Our own text as a value of VR LO or SH: one value, plain ASCII, at most `length` characters.
std::string short_text(const std::string& text, std::size_t length = 64);

enum class Encoding { implicit_little_endian, explicit_little_endian };

/// The data set as the bytes of a DICOM file (PS3.10).
std::string encode(DcmDataset& data, Encoding encoding);

}  // namespace anatomynet::dicom
