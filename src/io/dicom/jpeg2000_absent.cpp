#include "core/error.h"
#include "io/dicom/internal/jpeg2000.h"

// Stands in for jpeg2000.cpp where OpenJPEG was not found.
namespace anatomynet::io {

bool have_jpeg2000() { return false; }

void decode_jpeg2000(const Jpeg2000Header&, std::vector<std::uint16_t>&) {
  throw Error(ErrorKind::internal, "built without OpenJPEG (install libopenjp2-7-dev and build again)");
}

}  // namespace anatomynet::io
