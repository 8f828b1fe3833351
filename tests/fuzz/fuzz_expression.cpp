#include <algorithm>

#include "fuzz/fuzz_target.h"
#include "templates/structure_expression.h"

using namespace anatomynet;

namespace {

int depth(const templates::Expression& e) {
  int deepest = 0;
  for (const templates::Expression& part : e.parts) deepest = std::max(deepest, depth(part));
  return deepest + 1;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::read([&] {
    const templates::ExpressionPlace place{"template.toml", "derived.X", 1, 1};
    if (depth(templates::parse_expression(text, place)) > 100) __builtin_trap();  // it is walked by recursion
  });
  return 0;
}
