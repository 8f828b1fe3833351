#include "fuzz/fuzz_target.h"
#include "model/model_file.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("weights.safetensors", {data, size});
  fuzz::read([&] { model::read_model(file); });
  return 0;
}
