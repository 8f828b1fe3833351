#include "curation/curate_config.h"
#include "fuzz/fuzz_target.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("curate.toml", {data, size});
  fuzz::read([&] { curation::read_curate_config(file, {}); });
  return 0;
}
