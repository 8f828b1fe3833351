#include <vector>

#include "fuzz/fuzz_target.h"
#include "io/dicom/internal/jpeg2000.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read([&] {
    const io::Jpeg2000Header header = io::read_jpeg2000_header({data, size});
    if (header.columns > 64 || header.rows > 64) return;  // more decodes too slowly to fuzz
    std::vector<std::uint16_t> values;
    io::decode_jpeg2000(header, values);
  });
  return 0;
}
