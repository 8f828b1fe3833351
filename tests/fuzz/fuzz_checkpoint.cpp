#include "fuzz/fuzz_target.h"
#include "model/checkpoint_file.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("checkpoint.pth", {data, size});
  fuzz::read([&] { model::read_pytorch_checkpoint(file); });
  return 0;
}
