#include "service/series_facts.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

// 0 for what is no number.
double number_in(std::string text) {
  std::erase(text, ' ');
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

SeriesFacts series_facts(const std::filesystem::path& slice, std::int64_t slices) {
  std::vector<std::string> keywords{"Rows", "Columns", "PixelSpacing"};
  for (const MatchKey& key : match_keys())
    if (key.group != 0) keywords.emplace_back(key.keyword);
  SeriesFacts facts;
  facts.tags = io::read_instance_header(slice, keywords).tags;
  facts.slices = slices;
  const std::string& spacing =
      facts.tags["PixelSpacing"];  // between rows, then between columns (PS3.3 10.7.1.3)
  const std::size_t bar = spacing.find('\\');
  if (bar != std::string::npos)
    facts.field_mm = std::min(number_in(facts.tags["Rows"]) * number_in(spacing.substr(0, bar)),
                              number_in(facts.tags["Columns"]) * number_in(spacing.substr(bar + 1)));
  return facts;
}

}  // namespace anatomynet::service
