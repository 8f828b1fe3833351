#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace anatomynet::io {

/// What a Contour Geometric Type (3006,0042) means (PS3.3 C.8.8.6.1).
enum class ContourKind {
  closed_planar,      ///< CLOSED_PLANAR
  closed_planar_xor,  ///< CLOSEDPLANAR_XOR
  open,               ///< POINT, OPEN_PLANAR, OPEN_NONPLANAR: encloses nothing
  unknown             ///< anything else
};

struct ContourTypeReading {
  ContourKind kind = ContourKind::unknown;
  bool as_written = true;  ///< a term of the standard, apart from blanks around it; false: read by its sense
};

/// The one reading of the attribute, for all commands. Case, blanks, '_' and '-' make no difference. CLOSED
/// and INTERPOLATED_PLANAR (drawn by interpolation between slices) are closed and planar too, and so is a
/// contour without a type, since the standard's other types are always named.
ContourTypeReading read_contour_type(std::string_view text);

/// Counts of types that are not of the standard, for warnings.
class ContourTypeCounts {
 public:
  void add(std::string_view type, const ContourTypeReading& reading);
  /// One line for those read by their sense, one for unknown ones.
  void say(std::vector<std::string>& warnings) const;

 private:
  struct Count {
    std::size_t contours = 0;
    std::vector<std::string> types;  ///< the first few
  };
  Count by_sense_, unknown_;
};

}  // namespace anatomynet::io
