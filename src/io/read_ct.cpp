#include <cstdio>
#include <new>
#include <system_error>

#include "core/error.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/internal/dicom_ct.h"
#include "io/image/image_file.h"
#include "io/image/internal/image_format.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

CtImage dispatch(const fs::path& path, const ReadOptions& options, const Progress& progress) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw Error(ErrorKind::input,
                path.string() + ": " +
                    (error && error != std::errc::no_such_file_or_directory ? error.message()
                                                                            : "no such file or folder"));
  if (fs::is_directory(status)) return read_dicom_ct(path, options, progress);
  if (!fs::is_regular_file(status))
    throw Error(ErrorKind::input, path.string() + ": neither a file nor a folder");
  if (!is_image_file_name(header_of_pair(path)))
    return read_dicom_ct(folder_of_dicomdir(path), options, progress);
  if (!options.series_uid.empty())
    throw Error(ErrorKind::input, path.string() + ": a series can be chosen in DICOM input only");
  if (progress) progress("reading image", 0);
  return read_image_ct(path);
}

}  // namespace

void require_hu(double low, double high, const std::string& what) {
  if (low <= highest_air_hu && high >= lowest_dense_hu) return;
  char range[80];
  std::snprintf(range, sizeof range, "values from %.9g to %.9g", low, high);
  throw Error(ErrorKind::input,
              what + ": " + range + " are no HU; expected a CT with air near -1000 and tissue above 100" +
                  (low >= 0 && high > 1000 ? " (stored values without the rescale intercept?)" : ""));
}

CtImage read_ct(const fs::path& path, const ReadOptions& options, const Progress& progress) {
  try {
    return dispatch(path, options, progress);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, path.string() + ": not enough memory to hold the volume");
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::input, path.string() + ": cannot read: " + error.code().message());
  }
}

}  // namespace anatomynet::io
