#pragma once
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <itkImageIOBase.h>

#include "core/volume.h"

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

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// write_labels for NRRD, with key/value pairs in the header.
void write_with_fields(const std::filesystem::path& path, const LabelVolume& labels,
                       const HeaderFields& fields);

/// MetaIO reports damage on std::cerr and goes on; while one of these lives, what its thread sends there is
/// caught here instead. The NIfTI library talks on C's stderr, of harmless things too: that is muted, for the
/// whole process. Several threads may each have one.
class CaughtStderr {
 public:
  CaughtStderr();
  ~CaughtStderr();
  CaughtStderr(const CaughtStderr&) = delete;
  CaughtStderr& operator=(const CaughtStderr&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string* before_;
};

}  // namespace anatomynet::itk_files
