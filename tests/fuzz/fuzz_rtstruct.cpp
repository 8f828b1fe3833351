#include "fuzz/fuzz_target.h"
#include "io/dicom/structure_set.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("rtstruct.dcm", {data, size});
  fuzz::read([&] { io::read_structure_set(file); });
  return 0;
}
