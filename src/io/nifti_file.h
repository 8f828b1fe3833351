#pragma once
#include <filesystem>
#include <string>

// Checks of a NIfTI-1 file that ITK leaves out. Internal to the io room.
namespace anatomynet::nifti {

/// Throws Error(input) unless the file is a whole NIfTI-1 file (every byte its header promises is there, and
/// gzip's checksum holds), in mm, with a qform or an sform code and without shear. Returns a warning where
/// qform and sform disagree (the sform is taken), else an empty text.
std::string check_file(const std::filesystem::path& path);

}  // namespace anatomynet::nifti
