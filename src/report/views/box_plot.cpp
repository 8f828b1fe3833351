#include "report/views/box_plot.h"

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "report/views/printed.h"

namespace anatomynet::report {
namespace {

constexpr int left = 150, right = 60, top = 34, row_height = 34, width = 860, bottom = 34;

class Axis {
 public:
  Axis(double low, double high) : low_(low), high_(high) {}
  double operator()(double value) const {
    return left + (std::clamp(value, low_, high_) - low_) / (high_ - low_) * (width - left - right);
  }
  std::string ticks(int height) const {
    std::string out;
    for (int i = 0; i <= 5; ++i) {
      const double value = low_ + (high_ - low_) * i / 5, x = (*this)(value);
      out += printed(
          "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' class='grid'/><text x='%.1f' y='%d' "
          "class='tick'>%.4g</text>\n",
          x, top, x, height - bottom, x, height - bottom + 18, value);
    }
    return out;
  }

 private:
  double low_, high_;
};

std::string box_svg(const BoxRow& row, const Axis& at, double y) {
  std::vector<double> values;
  for (const BoxRow::Point& point : row.points) values.push_back(point.value);
  const evaluation::Summary s = evaluation::summarise(values);
  std::string out =
      printed("<text x='%d' y='%.1f' class='name'>", left - 10, y + 4) + html_text(row.name) + "</text>\n";
  if (s.count == 0)
    return out + printed("<text x='%d' y='%.1f' class='tick' style='text-anchor:start'>no case</text>\n",
                         left + 6, y + 4);
  const double whisker_limit = 1.5 * (s.upper_quartile - s.lower_quartile);
  double low = s.upper_quartile, high = s.lower_quartile;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    if (v >= s.lower_quartile - whisker_limit) low = std::min(low, v);
    if (v <= s.upper_quartile + whisker_limit) high = std::max(high, v);
  }
  out +=
      printed("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' class='whisker'/>\n", at(low), y, at(high), y);
  for (const double end : {low, high})
    out += printed("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' class='whisker'/>\n", at(end), y - 5,
                   at(end), y + 5);
  out += printed("<rect x='%.1f' y='%.1f' width='%.1f' height='18' fill='%s' class='box'/>\n",
                 at(s.lower_quartile), y - 9, std::max(1.0, at(s.upper_quartile) - at(s.lower_quartile)),
                 row.colour.c_str());
  out += printed("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' class='median'/>\n", at(s.median), y - 9,
                 at(s.median), y + 9);
  int k = 0;
  for (const BoxRow::Point& point : row.points) {
    if (!std::isfinite(point.value)) continue;
    const double apart = double(k++ * 5 % 7 - 3) * 1.6;  // so that equal values do not hide each other
    out += printed("<circle cx='%.1f' cy='%.1f' r='2.6'><title>", at(point.value), y + apart) +
           html_text(point.label) + printed(": %.4g</title></circle>\n", point.value);
  }
  return out;
}

}  // namespace

const char* const box_plot_style =
    ".plot{display:block;width:100%;max-width:860px;margin:1rem 0}.plot text{font:13px "
    "system-ui,sans-serif;fill:#1b1f24}"
    ".plot .title{font-weight:600;font-size:15px}.plot .name{text-anchor:end}.plot "
    ".tick{text-anchor:middle;fill:#57606a}"
    ".grid{stroke:#e6e9ed}.whisker,.median{stroke:#1b1f24;stroke-width:1.2}.median{stroke-width:2.5}"
    ".box{stroke:#1b1f24;fill-opacity:.45}.plot circle{fill:#1b1f24;fill-opacity:.55}";

double round_above(double value) {
  if (!(value > 0)) return 1;
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 5.0})
    if (value <= step * decade) return step * decade;
  return 10 * decade;
}

std::string box_plot(const std::string& title, const std::vector<BoxRow>& rows, double low, double high) {
  const int height = top + row_height * static_cast<int>(rows.size()) + bottom;
  const Axis axis(low, high);
  std::string out = printed("<svg viewBox='0 0 %d %d' role='img' class='plot'><title>", width, height) +
                    html_text(title) + "</title>\n" + printed("<text x='%d' y='20' class='title'>", left) +
                    html_text(title) + "</text>\n" + axis.ticks(height);
  for (std::size_t i = 0; i < rows.size(); ++i)
    out += box_svg(rows[i], axis, top + row_height * (double(i) + 0.5));
  return out + "</svg>\n";
}

}  // namespace anatomynet::report
