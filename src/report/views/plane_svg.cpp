#include "report/views/plane_svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "geometry/contours.h"
#include "report/html.h"
#include "report/image/png.h"

namespace anatomynet::report {
namespace {

std::string mm(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string out = text;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

// One slice with its own axes as x and y, for the tracer.
LabelVolume slice_of(const LabelVolume& labels, const Plane& plane, std::int64_t index) {
  const Grid& g = labels.grid;
  LabelVolume out;
  out.grid.size = {g.size[plane.across], g.size[plane.down], 1};
  out.grid.spacing = {g.spacing[plane.across], g.spacing[plane.down], 1};
  out.voxels.reserve(static_cast<std::size_t>(out.grid.voxel_count()));
  Size3 at{};
  at[plane.normal] = index;
  for (at[plane.down] = 0; at[plane.down] < g.size[plane.down]; ++at[plane.down])
    for (at[plane.across] = 0; at[plane.across] < g.size[plane.across]; ++at[plane.across])
      out.voxels.push_back(labels.at(at[0], at[1], at[2]));
  return out;
}

std::string path_of(const LabelVolume& slice, int id, const Plane& plane, const Frame& frame) {
  auto contours = geometry::trace_contours(slice, id);
  geometry::simplify(contours, slice.grid);
  std::string d;
  for (const geometry::SliceContour& contour : contours) {
    char letter = 'M';
    for (const auto& p : contour.points) {
      const double x = p[0] * slice.grid.spacing[0] - frame.low[0], y = p[1] * slice.grid.spacing[1];
      d += letter + mm(x) + ' ' + mm(plane.head_up ? frame.high[1] - y : y - frame.low[1]);
      letter = 'L';
    }
    d += 'Z';
  }
  return d;
}

std::string hex(const Colour& c) {
  char text[16];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", c[0], c[1], c[2]);
  return text;
}

// On a dark edge, without which yellow is lost on bone.
std::string outline(const std::string& d, const Organ& organ, bool own) {
  if (d.empty()) return d;
  return "<path class=\"halo\" d=\"" + d + "\"/><path class=\"" + (own ? "own" : "other") + "\" stroke=\"" +
         hex(organ.colour) + "\" d=\"" + d + "\"/>";
}

std::string letter(const char* anchor, double x, double y, double size, char c) {
  return std::string("<text text-anchor=\"") + anchor + "\" x=\"" + mm(x) + "\" y=\"" + mm(y) +
         "\" font-size=\"" + mm(size) + "\">" + c + "</text>";
}

std::string marks(const Plane& plane, double w, double h) {
  const double size = std::max(w, h) / 20, gap = size / 3;
  std::string out = letter("start", gap, h / 2 + size / 3, size, plane.edges[0]) +
                    letter("end", w - gap, h / 2 + size / 3, size, plane.edges[1]) +
                    letter("middle", w / 2, gap + size * 0.8, size, plane.edges[2]) +
                    letter("middle", w / 2, h - gap, size, plane.edges[3]);
  constexpr double bar = 20;
  if (w > 2 * bar)
    out += "<path class=\"bar\" d=\"M" + mm(w - gap - bar) + " " + mm(h - gap) + "h" + mm(bar) +
           "\"><title>20 mm</title></path>";
  return out;
}

}  // namespace

const char* const plane_svg_style =
    ".plane{display:block;width:100%;height:auto;background:#000}.plane path{fill:none;stroke-linejoin:round;"
    "vector-effect:non-scaling-stroke}.plane .halo{stroke:#000;stroke-width:3.4;stroke-opacity:.5}.plane "
    ".other{stroke-width:1.3}.plane .own{stroke-width:1.8}.plane .bar{stroke:#ffeb78;stroke-width:2}.plane "
    "text{fill:#ffeb78;stroke:#000;stroke-width:.06em;paint-order:stroke;font-weight:600;font-family:system-"
    "ui,"
    "sans-serif}";

std::string plane_svg(const Study& study, const Plane& plane, std::int64_t index, const Frame& frame,
                      int pixels, int own, const std::string& alt) {
  const double w = frame.high[0] - frame.low[0], h = frame.high[1] - frame.low[1];
  const double scale = pixels / std::max(w, h);
  const int columns = std::max(1, static_cast<int>(std::lround(w * scale))),
            rows = std::max(1, static_cast<int>(std::lround(h * scale)));
  const std::string image =
      encode_grey_png(columns, rows, grey_plane(study, plane, index, frame, columns, rows));
  std::string out = "<svg class=\"plane\" role=\"img\" aria-label=\"" + html_text(alt) + "\" viewBox=\"0 0 " +
                    mm(w) + " " + mm(h) + "\"><image width=\"" + mm(w) + "\" height=\"" + mm(h) +
                    "\" preserveAspectRatio=\"none\" href=\"" + data_url("image/png", image) +
                    "\"/><g class=\"outlines\">";
  const LabelVolume slice = slice_of(study.labels, plane, index);
  for (const Organ& organ : study.organs)
    if (organ.id != own) out += outline(path_of(slice, organ.id, plane, frame), organ, false);
  for (const Organ& organ : study.organs)
    if (organ.id == own) out += outline(path_of(slice, organ.id, plane, frame), organ, true);
  return out + "</g>" + marks(plane, w, h) + "</svg>";
}

}  // namespace anatomynet::report
