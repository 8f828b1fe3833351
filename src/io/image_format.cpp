#include "io/image_format.h"

#include <algorithm>
#include <cctype>

#include <fcntl.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <unistd.h>

#include "core/error.h"
#include "io/image_file.h"

namespace anatomynet {

bool is_image_file_name(const std::filesystem::path& path) {
  return itk_files::format_of(path) != itk_files::Format::none;
}

namespace itk_files {

Format format_of(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(".nii") || name.ends_with(".nii.gz")) return Format::nifti;
  if (name.ends_with(".nrrd") || name.ends_with(".nhdr")) return Format::nrrd;
  if (name.ends_with(".mha") || name.ends_with(".mhd")) return Format::meta;
  return Format::none;
}

itk::ImageIOBase::Pointer make_io(Format format) {
  itk::Object::GlobalWarningDisplayOff();
  switch (format) {
    case Format::nifti:
      return itk::NiftiImageIO::New().GetPointer();
    case Format::nrrd:
      return itk::NrrdImageIO::New().GetPointer();
    case Format::meta:
      return itk::MetaImageIO::New().GetPointer();
    case Format::none:
      break;
  }
  throw Error(ErrorKind::internal, "no image format");
}

std::string reason_of(const itk::ExceptionObject& error) {
  std::string text = error.GetDescription();
  if (const auto at = text.find("ITK ERROR: "); at != std::string::npos) text = text.substr(at + 11);
  if (const auto at = text.find("): "); at != std::string::npos) text = text.substr(at + 3);
  return text.substr(0, text.find_last_not_of(" \n.") + 1);
}

CaughtStderr::CaughtStderr() : before_(std::cerr.rdbuf(text_.rdbuf())), stderr_before_(::dup(STDERR_FILENO)) {
  if (const int nowhere = ::open("/dev/null", O_WRONLY); nowhere >= 0) {
    if (stderr_before_ >= 0) ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
}

CaughtStderr::~CaughtStderr() {
  std::cerr.rdbuf(before_);
  if (stderr_before_ < 0) return;
  ::dup2(stderr_before_, STDERR_FILENO);
  ::close(stderr_before_);
}

}  // namespace itk_files
}  // namespace anatomynet
