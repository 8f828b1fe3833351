#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/hu_scores.h"
#include "core/organs.h"

namespace anatomynet::model {

/// How the CT's own HU speaks for or against an organ where the network is in doubt (core/hu_scores.h): found
/// on scans that experts contoured, see docs/accuracy.md.
struct OrganHuCurve {
  std::string organ;  ///< TG-263 name
  HuCurve curve;
  std::string source;  ///< which scans and contours it is made from
};

inline constexpr std::size_t most_curve_knots = 64;
inline constexpr double most_curve_logits = 30;

nlohmann::json hu_curves_to_json(const std::vector<OrganHuCurve>& curves);
/// Missing or ill-typed fields throw json exceptions.
std::vector<OrganHuCurve> hu_curves_from_json(const nlohmann::json& list);

/// Throws Error(model) unless every curve is of an organ of `organs`, one each, with 1 to 64 knots of HU in
/// -1024 to 3071, 1 HU apart at least, and logits within 30.
void check_hu_curves(const std::vector<OrganHuCurve>& curves, const OrganTable& organs,
                     const std::string& what);

/// The first fault of a curve, of those that check_hu_curves refuses: "has a knot ..."; empty where there is
/// none.
std::string fault_of(const HuCurve& curve);

/// A curve for each channel of the network: background first, then the organs; empty where there is none.
std::vector<HuCurve> curves_of_channels(const std::vector<OrganHuCurve>& curves, const OrganTable& organs);

}  // namespace anatomynet::model
