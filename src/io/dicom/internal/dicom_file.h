#pragma once
#include <filesystem>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

// Where DCMTK meets files: all that it parses comes through load_file. Internal to the io module.
namespace anatomynet::io {

/// How a file begins. Part 10 files (PS3.10 7.1) say DICM after 128 bytes, those of old begin with a data
/// set, that is with group 0008 or 0002. `blank` files are empty or begin with zeros, as copies that failed
/// do.
enum class Signature { part10, bare, blank, other };

/// Throws Error(input) for what is no regular file, or cannot be opened or read.
Signature signature_of(const std::filesystem::path& file);

/// Whether what begins so is DICOM, or may be.
inline bool is_dicom(Signature signature) {
  return signature == Signature::part10 || signature == Signature::bare;
}

/// Parses a file; `until`: up to this element of the data set; values longer than `longest_kept` bytes stay
/// in the file until they are asked for. Returns what DCMTK says of it. Throws Error(input) for what is no
/// regular file, and where sequences nest so deeply that DCMTK, which parses by recursion, would run out of
/// stack: some hundred levels, where no object of the standard has ten. `parsed`, where given, gets how many
/// bytes were read, tag and length of the element `until` included.
OFCondition load_file(const std::filesystem::path& file, DcmFileFormat& format,
                      const DcmTagKey& until = DCM_UndefinedTagKey, Uint32 longest_kept = DCM_MaxReadLength,
                      offile_off_t* parsed = nullptr);

/// SOP Class UID (0008,0016), or that of the file's meta header; empty where there is neither.
std::string sop_class_of(DcmFileFormat& format);

}  // namespace anatomynet::io
