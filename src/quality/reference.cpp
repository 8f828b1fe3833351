#include "quality/reference.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "quality/features.h"
#include "quality/shipped_reference.h"

namespace anatomynet::quality {
namespace {

using json = nlohmann::ordered_json;
constexpr const char* format = "anatomynet quality reference 1";

// Bounds that nothing reaches are left out.
json json_of(const Range& r) {
  json out{{"middle", r.middle}};
  if (r.low > -1e8) out["low"] = r.low;
  if (r.high < 1e8) out["high"] = r.high;
  return out;
}

Range range_from(const json& j) {
  Range range;
  range.middle = j.at("middle");
  range.low = j.value("low", range.low);
  range.high = j.value("high", range.high);
  return range;
}

json json_of(const std::map<std::string, Range>& ranges) {
  json out = json::object();
  for (const auto& [code, range] : ranges) out[code] = json_of(range);
  return out;
}

std::map<std::string, Range> ranges_from(const json& j) {
  std::map<std::string, Range> ranges;
  for (const auto& [code, range] : j.items()) ranges[code] = range_from(range);
  return ranges;
}

// Nodes as whole percent of the window; -1 where no scan reached.
json json_of(const Surroundings& around) {
  std::vector<int> percent;
  for (const float node : around.nodes)
    percent.push_back(std::isnan(node) ? -1 : static_cast<int>(std::lround(100 * node)));
  return percent;
}

Surroundings surroundings_from(const json& j) {
  Surroundings around;
  for (const int percent : j.get<std::vector<int>>())
    around.nodes.push_back(percent < 0 ? std::numeric_limits<float>::quiet_NaN() : float(percent) / 100);
  constexpr std::size_t nodes = Surroundings::side * Surroundings::side * Surroundings::side;
  if (!around.nodes.empty() && around.nodes.size() != nodes)
    throw std::invalid_argument("surroundings of " + std::to_string(around.nodes.size()) +
                                " nodes, expected " + std::to_string(nodes));
  return around;
}

json json_of(const OrganReference& organ) {
  json offsets = json::object();
  for (const auto& [other, range] : organ.offsets)
    offsets[other] = {json_of(range[0]), json_of(range[1]), json_of(range[2])};
  return {{"contours", organ.contours},
          {"ranges", json_of(organ.ranges)},
          {"offsets_mm", offsets},
          {"features", {{"names", feature_names()}, {"mean", organ.feature_mean}, {"sd", organ.feature_sd}}},
          {"half_missing", organ.missing},
          {"surroundings", json_of(organ.around)}};
}

OrganReference organ_from(const std::string& name, const json& j) {
  OrganReference organ;
  organ.organ = name;
  organ.contours = j.at("contours");
  organ.ranges = ranges_from(j.at("ranges"));
  for (const auto& [other, range] : j.at("offsets_mm").items())
    organ.offsets[other] = {range_from(range.at(0)), range_from(range.at(1)), range_from(range.at(2))};
  const json& features = j.at("features");
  organ.feature_mean = features.at("mean").get<std::vector<double>>();
  organ.feature_sd = features.at("sd").get<std::vector<double>>();
  organ.missing = j.at("half_missing");
  organ.around = surroundings_from(j.at("surroundings"));
  const std::size_t count = feature_names().size();
  bool fits = features.at("names") == json(feature_names()) && organ.feature_mean.size() == count &&
              organ.feature_sd.size() == count;
  for (const auto& weights : organ.missing) fits = fits && (weights.empty() || weights.size() == count);
  if (!fits) throw std::invalid_argument(name + ": other features than this program measures");
  return organ;
}

}  // namespace

double Range::deviation(double value) const {
  const double bound = value > middle ? high - middle : middle - low;
  return std::abs(value - middle) / std::max(bound, 1e-12);
}

std::string other_side(const std::string& organ) {
  std::string other = organ;
  if (organ.ends_with("_L")) other.back() = 'R';
  if (organ.ends_with("_R")) other.back() = 'L';
  return other;
}

const OrganReference* reference_of(const Reference& reference, const std::string& organ) {
  const auto found = reference.organs.find(organ.ends_with("_R") ? other_side(organ) : organ);
  return found == reference.organs.end() ? nullptr : &found->second;
}

const Reference& shipped_reference() {
  static const Reference reference =
      reference_from_json(shipped_reference_text, "the shipped quality reference");
  return reference;
}

std::string to_json(const Reference& reference) {
  json organs = json::object();
  for (const auto& [name, organ] : reference.organs) organs[name] = json_of(organ);
  return json_text(json{{"format", format},
                        {"data", reference.data},
                        {"attribution", reference.attribution},
                        {"case_ranges", json_of(reference.ranges)},
                        {"organs", organs}}) +
         "\n";
}

Reference reference_from_json(const std::string& text, const std::string& what) {
  try {
    const json j = parse_json(text, what, ErrorKind::model);
    if (j.at("format") != format)
      throw std::invalid_argument("format " + json_text(j.at("format")) + ", expected \"" + format + "\"");
    Reference reference;
    reference.data = j.at("data");
    reference.attribution = j.at("attribution");
    reference.ranges = ranges_from(j.at("case_ranges"));
    for (const auto& [name, organ] : j.at("organs").items()) reference.organs[name] = organ_from(name, organ);
    return reference;
  } catch (const Error&) {
    throw;
  } catch (const json::exception& e) {
    refuse_json(e, what, ErrorKind::model);
  } catch (const std::exception& e) {
    throw Error(ErrorKind::model, what + ": " + e.what());
  }
}

}  // namespace anatomynet::quality
