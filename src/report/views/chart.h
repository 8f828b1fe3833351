#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "report/image/canvas.h"

namespace anatomynet::report {

using Point = std::array<double, 2>;  ///< x, y

struct Curve {
  std::string name;  ///< in the legend; empty: not there
  Colour colour{};
  std::vector<Point> points;  ///< x whole numbers that rise; where y is not finite the line is broken
  double width = 1.6;         ///< pixels
  bool marks = false;         ///< a dot a point, which tells its numbers
};

struct Chart {
  std::string title, x_name;
  std::vector<Curve> curves;          ///< later ones lie above
  std::optional<Point> y_range = {};  ///< lowest and highest; else that of the points
};

/// At most `most` points: of each of equal stretches of the list, the lowest and the highest, in their order.
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most);

/// An HTML figure: an inline SVG picture with axes and round ticks, and a legend. Curves are thinned to 1000
/// points.
std::string draw_chart(const Chart& chart);

/// CSS that a page with charts needs. Charts themselves hold no style, so that a page may allow its own file
/// of styles alone.
extern const char* const chart_style;

}  // namespace anatomynet::report
