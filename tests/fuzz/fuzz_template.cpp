#include "core/known_organs.h"
#include "fuzz/fuzz_target.h"
#include "templates/structure_template.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("template.toml", {data, size});
  fuzz::read([&] {
    Messages messages;
    const templates::StructureTemplate wanted(file, messages);
    wanted.check(known_organs());
    wanted.rois(known_organs());
  });
  return 0;
}
