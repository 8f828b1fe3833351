#include "fuzz/fuzz_target.h"
#include "service/rules_config.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::read([&] {
    const auto rules = service::read_rules(parse_toml(text, "node.toml"), "node.toml");
    service::SeriesFacts facts;
    for (const service::MatchKey& key : service::match_keys())
      facts.tags[std::string(key.keyword)] = text.substr(0, 200);
    service::explain(rules, facts);
  });
  return 0;
}
