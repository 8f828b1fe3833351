#pragma once
#include <string>
#include <vector>

#include "evaluation/statistics.h"

namespace anatomynet::report {

/// One row of a box plot: values of cases, in any order; those that are not finite are left out.
struct BoxRow {
  struct Point {
    std::string label;
    double value;
  };
  std::string name;
  std::string colour;  ///< CSS
  std::vector<Point> points;
};

/// Horizontal box plots on one axis as an SVG element: box from the lower to the upper quartile, line at the
/// median, whiskers to the last value within 1.5 box lengths (Tukey), every case as a dot with its label.
/// `low` and `high`: the axis; values beyond it are drawn at its end.
std::string box_plot(const std::string& title, const std::vector<BoxRow>& rows, double low, double high);

/// Style that box_plot's elements need.
extern const char* const box_plot_style;

/// The axis end (1, 1.5, 2, 3 or 5 times a power of ten) that takes in `value`.
double round_above(double value);

}  // namespace anatomynet::report
