#include "model/refinement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "model/hu_curves.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

constexpr std::int64_t shortest_side = 16, longest_side = 160;  // voxels
const std::string prefix = "refinement.";

std::string prefix_of(std::size_t index) { return prefix + std::to_string(index) + "."; }

}  // namespace

std::string organs_of(const Refinement& refinement) {
  std::string text;
  for (const Refinement::Seen& seen : refinement.organs) text += (text.empty() ? "" : ", ") + seen.organ;
  return text;
}

json refinements_to_json(const std::vector<Refinement>& refinements) {
  json list = json::array();
  for (const Refinement& r : refinements) {
    json organs = json::array();
    for (const Refinement::Seen& seen : r.organs) {
      organs.push_back({{"organ", seen.organ}, {"mirrored", seen.mirrored}});
      if (!seen.curve.hu.empty())
        organs.back()["hu_curve"] = {{"hu", seen.curve.hu}, {"logits", seen.curve.logits}};
    }
    list.push_back({{"organs", organs},
                    {"architecture", r.architecture},
                    {"size", r.size},
                    {"spacing_mm", r.spacing},
                    {"hu", {r.hu_low, r.hu_high}},
                    {"source", r.source},
                    {"attribution", r.attribution}});
  }
  return list;
}

void add_refinement_tensors(const std::vector<Refinement>& refinements, std::vector<NamedTensor>& tensors) {
  for (std::size_t i = 0; i < refinements.size(); ++i)
    for (const NamedTensor& weight : refinements[i].weights) {
      tensors.push_back(weight);
      tensors.back().name = prefix_of(i) + weight.name;
    }
}

std::vector<Refinement> take_refinements(const json& list, std::vector<NamedTensor>& tensors,
                                         const std::string& what) {
  std::vector<Refinement> refinements;
  for (const json& j : list) {
    Refinement r;
    for (const json& seen : j.at("organs")) {
      r.organs.push_back({seen.at("organ").get<std::string>(), seen.at("mirrored").get<bool>(), {}});
      if (const auto curve = seen.find("hu_curve"); curve != seen.end())
        r.organs.back().curve = {curve->at("hu").get<std::vector<double>>(),
                                 curve->at("logits").get<std::vector<double>>()};
    }
    r.architecture = j.at("architecture").get<std::string>();
    r.size = j.at("size").get<Size3>();
    r.spacing = j.at("spacing_mm").get<Vec3>();
    const auto hu = j.at("hu").get<std::array<double, 2>>();
    r.hu_low = hu[0];
    r.hu_high = hu[1];
    r.source = j.at("source").get<std::string>();
    r.attribution = j.at("attribution").get<std::string>();
    const std::string own = prefix_of(refinements.size());
    const auto first = std::stable_partition(tensors.begin(), tensors.end(),
                                             [&](const NamedTensor& t) { return !t.name.starts_with(own); });
    r.weights.assign(std::make_move_iterator(first), std::make_move_iterator(tensors.end()));
    tensors.erase(first, tensors.end());
    for (NamedTensor& t : r.weights) t.name.erase(0, own.size());
    refinements.push_back(std::move(r));
  }
  for (const NamedTensor& t : tensors)
    if (t.name.starts_with(prefix))
      throw Error(ErrorKind::model,
                  what + ": tensor " + clean_text(t.name, longest_value) + " is of no refinement");
  return refinements;
}

void check_refinements(const std::vector<Refinement>& refinements, const OrganTable& organs,
                       const std::string& what) {
  std::set<std::string> refined;
  for (const Refinement& r : refinements) {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::model,
                  what + ": the refinement of '" + clean_text(organs_of(r), longest_value) + "' " + why);
    };
    if (r.organs.empty()) fail("is of no organ");
    for (const Refinement::Seen& seen : r.organs) {
      const Organ* organ = find_organ(organs, seen.organ);
      if (!organ || organ->name != seen.organ) fail("is of an organ that the weights do not have");
      if (!refined.insert(seen.organ).second) fail("has an organ that is refined twice");
      const bool given = !seen.curve.hu.empty() || !seen.curve.logits.empty();
      if (const std::string fault = given ? fault_of(seen.curve) : ""; !fault.empty())
        fail("has a HU curve that " + fault);
    }
    for (const std::int64_t side : r.size)
      if (side < shortest_side || side > longest_side) fail("has a box that is not 16 to 160 voxels a side");
    for (const double mm : r.spacing)
      if (!(mm >= 0.2 && mm <= 10)) fail("has voxels that are not 0.2 to 10 mm");
    if (!(std::isfinite(r.hu_low) && std::isfinite(r.hu_high) && r.hu_low < r.hu_high))
      fail("has a HU window that is empty or not finite");
    if (r.weights.empty()) fail("has no weights");
  }
}

}  // namespace anatomynet::model
