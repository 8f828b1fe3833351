#include "fuzz/fuzz_target.h"
#include "io/ct_image.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("ct.dcm", {data, size});
  fuzz::read([&] { io::read_ct(file); });
  return 0;
}
