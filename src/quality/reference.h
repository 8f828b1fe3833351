#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "quality/measurement.h"

namespace anatomynet::quality {

/// What a figure is in expert contours: its middle, and the bounds beyond which it is flagged.
struct Range {
  double low = -1e9, middle = 0, high = 1e9;

  /// 0 in the middle, 1 at a bound, above 1 beyond.
  double deviation(double value) const;
  bool operator==(const Range&) const = default;
};

/// Expert contours of one organ. What is left and right is learnt together: right organs mirrored, organs of
/// the middle in both ways, so all figures are those of the left organ.
struct OrganReference {
  std::string organ;                    ///< TG-263 name, of the left one
  int contours = 0;                     ///< learnt from; each scan's left and right count as two
  std::map<std::string, Range> ranges;  ///< by a check's code
  std::map<std::string, std::array<Range, 3>> offsets;  ///< mm from another organ's centroid, L, P, S: mean
                                                        ///< and one standard deviation around it
  std::vector<double> feature_mean, feature_sd;         ///< features.h
  /// Weights of the standardised features, by the direction of the half that is missing: their weighted sum
  /// is near 0 for whole organs and high for such halves (Fisher's linear discriminant).
  std::array<std::vector<double>, directions> missing;
  Surroundings around;  ///< mean of the CT around the organ
};

/// What expert contours look like, made from training data by bench_quality (docs/quality.md).
struct Reference {
  std::string data, attribution;                 ///< what it was learnt from
  std::map<std::string, Range> ranges;           ///< of whole CTs, by a check's code
  std::map<std::string, OrganReference> organs;  ///< by name of the left one
};

/// Of the left organ where there are two, by TG-263's _L and _R; nullptr where nothing is known.
const OrganReference* reference_of(const Reference& reference, const std::string& organ);

/// "Parotid_R" to "Parotid_L" and back; other names as they are.
std::string other_side(const std::string& organ);

/// The one compiled in.
const Reference& shipped_reference();

/// As JSON, and back. Errors of the latter: Error(model) naming `what`.
std::string to_json(const Reference& reference);
Reference reference_from_json(const std::string& text, const std::string& what);

}  // namespace anatomynet::quality
