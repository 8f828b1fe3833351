#include "fuzz/fuzz_target.h"
#include "io/image/image_file.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("image.nii.gz", {data, size});
  fuzz::read([&] { io::read_image_ct(file); });
  fuzz::read([&] { io::read_labels(file); });
  return 0;
}
