#pragma once
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>

#include <itkImageIOBase.h>

// The one place that knows which ITK reader serves which file; includes ITK, so only .cpp files of this room
// use it.
namespace anatomynet::itk_files {

enum class Format { none, nifti, nrrd, meta };

/// By extension, whatever its case.
Format format_of(const std::filesystem::path& path);

/// Throws Error(internal) for Format::none.
itk::ImageIOBase::Pointer make_io(Format format);

/// Why ITK failed, on one line without source locations.
std::string reason_of(const itk::ExceptionObject& error);

/// MetaIO reports damage on std::cerr and goes on; while one of these lives that text is caught here instead.
/// The NIfTI library talks on C's stderr, of harmless things too: that is muted, for the whole process.
class CaughtStderr {
 public:
  CaughtStderr();
  ~CaughtStderr();
  CaughtStderr(const CaughtStderr&) = delete;
  CaughtStderr& operator=(const CaughtStderr&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
  int stderr_before_;  ///< its duplicate; -1 where there is none
};

}  // namespace anatomynet::itk_files
