#include "io/image_format.h"

#include <algorithm>
#include <cctype>
#include <mutex>

#include <fcntl.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <unistd.h>

#include "core/error.h"
#include "io/image_file.h"

namespace anatomynet {

namespace {

thread_local std::string* mine = nullptr;  ///< where this thread's std::cerr goes while it is caught

// In place of std::cerr's own buffer for good, so that threads need not take turns in putting theirs there.
class StderrRouter : public std::streambuf {
 public:
  StderrRouter() : original_(std::cerr.rdbuf(this)) {}

 private:
  std::streamsize xsputn(const char* text, std::streamsize n) override {
    if (!mine) return original_->sputn(text, n);
    mine->append(text, static_cast<std::size_t>(n));
    return n;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
  }
  int sync() override { return mine ? 0 : original_->pubsync(); }

  std::streambuf* original_;
};

// File descriptor 2 is the process's: the first that catches closes it, the last opens it again.
std::mutex silence_mutex;
int silenced = 0, stderr_before = -1;

}  // namespace

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

CaughtStderr::CaughtStderr() : before_(mine) {
  static StderrRouter* const router = new StderrRouter;  // std::cerr keeps it past every destructor
  static_cast<void>(router);
  mine = &text_;
  const std::lock_guard lock(silence_mutex);
  if (silenced++ > 0) return;
  stderr_before = ::dup(STDERR_FILENO);
  if (const int nowhere = ::open("/dev/null", O_WRONLY); nowhere >= 0) {
    if (stderr_before >= 0) ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
}

CaughtStderr::~CaughtStderr() {
  mine = before_;
  const std::lock_guard lock(silence_mutex);
  if (--silenced > 0 || stderr_before < 0) return;
  ::dup2(stderr_before, STDERR_FILENO);
  ::close(stderr_before);
}

}  // namespace itk_files
}  // namespace anatomynet
