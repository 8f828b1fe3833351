#pragma once
#include <filesystem>
#include <vector>

// Internal to the io room.
namespace anatomynet::dicom {

/// All frames of a JPEG 2000 file as stored values, in the cells that Bits Allocated says. DCMTK has no such
/// decoder, GDCM (which ITK brings along) has. Throws Error(input) when the data cannot be decoded.
std::vector<char> decode_jpeg2000(const std::filesystem::path& file, int bits_allocated);

}  // namespace anatomynet::dicom
