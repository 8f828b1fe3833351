#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "geometry/margin.h"

namespace anatomynet::templates {

inline constexpr double largest_margin_mm = 100;

/// Where an expression stands in a file, for messages.
struct ExpressionPlace {
  std::string file, what;    ///< what: the key, such as "derived.Parotids"
  int line = 0, column = 0;  ///< of its first character; column 0: not known

  /// "clinic.toml:7:24: derived.Parotids", or where the column is not known "clinic.toml:7:
  /// derived.Parotids: character 12". `character` counts from 0.
  std::string at(std::size_t character) const;
};

/// How a structure is made of others.
struct Expression {
  enum class Kind { structure, unite, intersect, subtract, grow, shrink, ring };
  Kind kind = Kind::structure;
  std::size_t character = 0;      ///< where it begins in the text, in characters
  std::string name;               ///< of a structure
  std::vector<Expression> parts;  ///< one for grow, shrink and ring, else two or more, from left to right
  geometry::Margin margin;        ///< of grow and shrink, mm
  double inner = 0, outer = 0;    ///< of ring: mm from the structure, inner <= outer
};

/// Parses an expression (docs/templates.md):
///
///     expression = operand { "|" operand } | operand { "&" operand } | operand { "-" operand }
///                | operand { ("+" | "-") margin }
///     operand    = name | "'" name "'" | "(" expression ")"
///                | "ring(" expression "," distance ["," distance] ")" | "crop(" expression ["," distance]
///                ")"
///     margin     = distance | "[" side number { "," side number } "]" "mm"
///     distance   = number "mm"
///     side       = left | right | anterior | posterior | superior | inferior
///
/// One pair of parentheses holds operators of one kind, so there is no precedence that could be taken
/// otherwise. crop(A, 3 mm) is A & (Body - 3 mm). Throws Error(usage), one line with place, what was expected
/// and what was found: for other text, margins of 0 or above 100 mm, and more than 32 levels of parentheses.
Expression parse_expression(std::string_view text, const ExpressionPlace& place);

}  // namespace anatomynet::templates
