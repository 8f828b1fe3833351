#include "io/jpeg2000.h"

#include <gdcmImageReader.h>
#include <gdcmTrace.h>

#include "core/error.h"

namespace anatomynet::dicom {

std::vector<char> decode_jpeg2000(const std::filesystem::path& file, int bits_allocated) {
  gdcm::Trace::DebugOff();
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
  gdcm::ImageReader reader;
  reader.SetFileName(file.c_str());
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorKind::input, file.string() + ": JPEG 2000 voxels " + why + "; copy the file again");
  };
  if (!reader.Read()) fail("cannot be read");
  const gdcm::Image& image = reader.GetImage();
  std::vector<char> frames(image.GetBufferLength());
  if (!image.GetBuffer(frames.data())) fail("cannot be decoded: truncated or damaged");
  // the header's cell size may have been corrected to that of the compressed stream
  if (image.GetPixelFormat().GetBitsAllocated() != bits_allocated)
    fail("have " + std::to_string(image.GetPixelFormat().GetBitsAllocated()) +
         " bits allocated, the header says " + std::to_string(bits_allocated));
  return frames;
}

}  // namespace anatomynet::dicom
