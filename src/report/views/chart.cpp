#include "report/views/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/html.h"
#include "report/views/printed.h"

namespace anatomynet::report {
namespace {

constexpr double width = 760, height = 270, left = 60, right = 748, top = 12, bottom = 230;

std::string css(Colour c) { return printed("#%02x%02x%02x", unsigned(c[0]), unsigned(c[1]), unsigned(c[2])); }

// One axis: values between low and high, and where they lie on the page.
struct Axis {
  double low, high, from, to;

  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }

  // About five round values within the axis, at least `least` apart.
  std::vector<double> ticks(double least = 0) const {
    const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    const double part = rough / power, whole = part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10;
    const double step = std::max(whole * power, least);
    std::vector<double> values;
    for (double n = std::ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; ++n)
      values.push_back(n * step + 0.0);  // never -0
    return values;
  }
};

Axis axis_of(const Chart& chart, int k, double from, double to) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Curve& curve : chart.curves)
    for (const Point& p : curve.points)
      if (std::isfinite(p[1])) {
        low = std::min(low, p[k]);
        high = std::max(high, p[k]);
      }
  if (k == 1 && chart.y_range) return {(*chart.y_range)[0], (*chart.y_range)[1], from, to};
  if (!(low <= high)) low = 0, high = 1;
  // Values that are equal but for rounding make no axis of their own: its ticks would not differ.
  const bool equal = high - low <= 1e-9 * std::max(std::abs(low), std::abs(high));
  const double room = equal ? std::max(0.5 * std::abs(low), 1e-9) : k == 1 ? 0.04 * (high - low) : 0;
  return {low - room, high + room, from, to};
}

std::string draw_axes(const Axis& x, const Axis& y, const std::string& x_name) {
  std::string out;
  for (const double v : y.ticks()) {
    const double at = y.at(v);
    out += printed("<path class=\"grid\" d=\"M%g %.2fH%g\"/>", left, at, right);
    out += printed("<text class=\"y\" x=\"%g\" y=\"%.2f\">%.6g</text>\n", left - 6, at, v);
  }
  for (const double v : x.ticks(1)) {  // steps and epochs are whole numbers
    out += printed("<path class=\"grid\" d=\"M%.2f %gV%g\"/>", x.at(v), top, bottom);
    out += printed("<text class=\"x\" x=\"%.2f\" y=\"%g\">%.6g</text>\n", x.at(v), bottom + 16, v);
  }
  return out + printed("<text class=\"name\" x=\"%g\" y=\"%g\">", (left + right) / 2, height - 6) +
         html_text(x_name) + "</text>\n";
}

std::string draw_curve(const Curve& curve, const Axis& x, const Axis& y, const std::string& x_name) {
  std::string out, line, dots;
  const std::string title = "<title>" + html_text(curve.name) + "</title>";
  const auto end_line = [&] {
    if (!line.empty())
      out += "<polyline stroke=\"" + css(curve.colour) + printed("\" stroke-width=\"%g\"", curve.width) +
             " points=\"" + line + "\">" + title + "</polyline>\n";
    line.clear();
  };
  for (const Point& p : thinned(curve.points, 1000)) {
    if (!std::isfinite(p[1])) {
      end_line();
      continue;
    }
    line += printed("%s%.2f,%.2f", line.empty() ? "" : " ", x.at(p[0]), y.at(p[1]));
    if (curve.marks)
      dots += printed("<circle r=\"3\" cx=\"%.2f\" cy=\"%.2f\" fill=\"", x.at(p[0]), y.at(p[1])) +
              css(curve.colour) + "\"><title>" + html_text(curve.name) +
              html_text(printed(", %s %g: %.4g", x_name.c_str(), p[0], p[1])) + "</title></circle>\n";
  }
  end_line();
  return out + dots;
}

}  // namespace

const char* const chart_style =
    "figure svg{width:100%;height:auto;display:block}figcaption{font-weight:600}.plot{fill:#f6f8fa}"
    ".grid{stroke:#1b1f24;stroke-opacity:.12}svg "
    "text{font-size:12px;fill:#57606a}.x,.name{text-anchor:middle}"
    ".y{text-anchor:end;dominant-baseline:middle}polyline{fill:none;stroke-linejoin:round}"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.3rem 0;padding:0 0 0 4rem}"
    ".legend svg{display:inline-block;width:1.6em;height:.5em;margin-right:.4em}";

std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most) {
  if (points.size() <= most) return points;
  const std::size_t stretches = std::max<std::size_t>(most / 2, 1);
  std::vector<Point> out;
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / stretches);
    const auto last = points.begin() + static_cast<std::ptrdiff_t>((i + 1) * points.size() / stretches);
    auto low = last, high = last;
    for (auto p = first; p != last; ++p) {
      if (!std::isfinite((*p)[1])) continue;
      if (low == last || (*p)[1] < (*low)[1]) low = p;
      if (high == last || (*p)[1] >= (*high)[1]) high = p;
    }
    if (low == last) {
      out.push_back(*first);  // a gap all through
      continue;
    }
    out.push_back(*std::min(low, high));
    if (low != high) out.push_back(*std::max(low, high));
  }
  return out;
}

std::string draw_chart(const Chart& chart) {
  const Axis x = axis_of(chart, 0, left, right), y = axis_of(chart, 1, bottom, top);
  std::string out = "<figure>\n<figcaption>" + html_text(chart.title) + "</figcaption>\n";
  out += printed("<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", width, height) +
         html_text(chart.title) + "\">\n";
  out += printed("<rect class=\"plot\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n", left, top,
                 right - left, bottom - top);
  out += draw_axes(x, y, chart.x_name);
  std::string legend;
  for (const Curve& curve : chart.curves) {
    out += draw_curve(curve, x, y, chart.x_name);
    if (curve.name.empty()) continue;
    legend += "<li><svg viewBox=\"0 0 16 5\" aria-hidden=\"true\"><rect width=\"16\" height=\"5\" fill=\"" +
              css(curve.colour) + "\"/></svg>" + html_text(curve.name) + "</li>";
  }
  return out + "</svg>\n<ul class=\"legend\">" + legend + "</ul>\n</figure>\n";
}

}  // namespace anatomynet::report
