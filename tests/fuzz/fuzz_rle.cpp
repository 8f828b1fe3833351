#include <vector>

#include "fuzz/fuzz_target.h"
#include "io/dicom/internal/rle.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte says how many values there are and how wide.
  if (size < 1) return 0;
  std::vector<std::uint16_t> values(std::size_t(data[0] >> 1) + 1);
  fuzz::read([&] { io::decode_rle({data + 1, size - 1}, data[0] & 1 ? 16 : 8, values); });
  return 0;
}
