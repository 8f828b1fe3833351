#include "curation/dataset_folder.h"
#include "fuzz/fuzz_target.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("dataset.json", {data, size});
  fuzz::read(
      [&] { curation::read_dataset_folder(file.parent_path(), curation::AbsentFiles::cost_the_case); });
  return 0;
}
