#include "model/hu_curves.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;

constexpr double least_hu = -1024, most_hu = 3071, least_step = 1;

}  // namespace

std::string fault_of(const HuCurve& curve) {
  if (curve.hu.empty() || curve.hu.size() > most_curve_knots || curve.hu.size() != curve.logits.size())
    return "needs as many logits as knots, 1 to 64";
  for (std::size_t i = 0; i < curve.hu.size(); ++i) {
    if (!(curve.hu[i] >= least_hu && curve.hu[i] <= most_hu))
      return "has a knot that is not in -1024 to 3071 HU";
    if (i > 0 && !(curve.hu[i] - curve.hu[i - 1] >= least_step))
      return "has knots that do not ascend by 1 HU or more";
    if (!(std::abs(curve.logits[i]) <= most_curve_logits)) return "has a logit that is not within -30 to 30";
  }
  return {};
}

json hu_curves_to_json(const std::vector<OrganHuCurve>& curves) {
  json list = json::array();
  for (const OrganHuCurve& c : curves)
    list.push_back(
        {{"organ", c.organ}, {"hu", c.curve.hu}, {"logits", c.curve.logits}, {"source", c.source}});
  return list;
}

std::vector<OrganHuCurve> hu_curves_from_json(const json& list) {
  std::vector<OrganHuCurve> curves;
  for (const json& j : list)
    curves.push_back({j.at("organ").get<std::string>(),
                      {j.at("hu").get<std::vector<double>>(), j.at("logits").get<std::vector<double>>()},
                      j.at("source").get<std::string>()});
  return curves;
}

void check_hu_curves(const std::vector<OrganHuCurve>& curves, const OrganTable& organs,
                     const std::string& what) {
  for (const OrganHuCurve& c : curves) {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::model,
                  what + ": the HU curve of '" + clean_text(c.organ, longest_value) + "' " + why);
    };
    const Organ* organ = find_organ(organs, c.organ);
    if (!organ || organ->name != c.organ) fail("is of an organ that the weights do not have");
    if (std::count_if(curves.begin(), curves.end(),
                      [&](const OrganHuCurve& o) { return o.organ == c.organ; }) > 1)
      fail("is there twice");
    if (const std::string fault = fault_of(c.curve); !fault.empty()) fail(fault);
  }
}

std::vector<HuCurve> curves_of_channels(const std::vector<OrganHuCurve>& curves, const OrganTable& organs) {
  std::vector<HuCurve> of_channel(1);
  for (const Organ& organ : organs) {
    const auto found = std::find_if(curves.begin(), curves.end(),
                                    [&](const OrganHuCurve& c) { return c.organ == organ.name; });
    of_channel.push_back(found == curves.end() ? HuCurve{} : found->curve);
  }
  return of_channel;
}

}  // namespace anatomynet::model
