#include "report/views/preview.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/output.h"
#include "report/views/organ_planes.h"

namespace anatomynet::report {
namespace {

constexpr int margin = 14, line = 24, sheet_width = 1512, columns = 6;
constexpr int tile = (sheet_width - margin * (columns + 1)) / columns, tile_caption = 2 * line;
constexpr Colour paper{18, 20, 24}, ink{225, 225, 225}, faint{140, 145, 150}, alarm{150, 30, 20},
    no_image{0, 0, 0};

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct Sheet {
  const Study& study;
  std::vector<Extent> extents;
  Canvas canvas;
  int y = margin;

  void heading(const PreviewOptions& options) {
    if (!options.warning.empty()) {
      canvas.fill(0, 0, sheet_width, line + margin, alarm);
      canvas.text((sheet_width - Canvas::text_width(options.warning)) / 2, margin - 2, options.warning,
                  {255, 255, 255});
      y = line + 2 * margin;
    }
    const std::string sides = "patient's right is at the image's left";
    canvas.text(margin, y, options.title, ink);
    canvas.text(sheet_width - margin - Canvas::text_width(sides), y, sides, faint);
    y += line + margin / 2;
  }

  void main_row(int height) {
    const Sections sections = sections_of_all(extents, study.ct.grid, 40);
    double wide = 0, tall = 0;
    const auto extent = [](const Section& s, int k) { return s.frame.high[k] - s.frame.low[k]; };
    for (const Section& s : sections) {
      wide += extent(s, 0);
      tall = std::max(tall, extent(s, 1));
    }
    const double scale =
        std::min((sheet_width - 4.0 * margin) / wide, (height - line) / tall);  // pixels a mm
    double x = margin + (sheet_width - 4.0 * margin - wide * scale) / 2;
    for (const Section& s : sections) {
      const int w = std::max(1, static_cast<int>(extent(s, 0) * scale)),
                h = std::max(1, static_cast<int>(extent(s, 1) * scale));
      canvas.fill(static_cast<int>(x), y + line, w, h, no_image);
      draw_plane(canvas, static_cast<int>(x), y + line, w, h, study, *s.plane, s.index, s.frame, 2);
      canvas.text(static_cast<int>(x), y, caption(s, study.ct.grid), faint);
      x += std::max(w, 230) + margin;
    }
    y += height + margin;
  }

  void organ_tile(int x, const Organ& organ, const Extent& e) {
    const Grid& g = study.ct.grid;
    canvas.fill(x, y, 14, 14, organ.colour);
    canvas.text(x + 20, y, organ.name.substr(0, 17), ink);
    canvas.text(x + 20, y + line - 4,
                e.voxels ? number(e.ml < 10 ? "%.2f ml" : "%.1f ml", e.ml) : "not found",
                e.voxels ? faint : Colour{255, 90, 70});
    canvas.fill(x, y + tile_caption, tile, tile, no_image);
    if (e.voxels == 0) return;
    double half = 36;
    std::array<double, 2> centre{};
    for (int k = 0; k < 2; ++k) {
      centre[k] = double(e.low[k] + e.high[k]) / 2 * g.spacing[k];
      half = std::max(half, 0.65 * double(e.high[k] - e.low[k] + 1) * g.spacing[k]);
    }
    const Frame frame{{centre[0] - half, centre[1] - half}, {centre[0] + half, centre[1] + half}};
    draw_plane(canvas, x, y + tile_caption, tile, tile, study, axial, e.largest_section(2), frame, 2);
  }

  void organ_tiles() {
    int column = 0;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      organ_tile(margin + column * (tile + margin), study.organs[i], extents[i]);
      if (++column < columns && i + 1 < extents.size()) continue;
      column = 0;
      y += tile_caption + tile + margin;
    }
  }
};

}  // namespace

void write_preview(const std::filesystem::path& path, const CtVolume& ct, const LabelVolume& labels,
                   const OrganTable& organs, const PreviewOptions& options) {
  const UprightCase upright(ct, labels, "preview");
  const Study study{upright.ct(), upright.labels(), organs, {options.window_centre, options.window_width}};

  constexpr int main_height = 520;
  const int rows = (static_cast<int>(organs.size()) + columns - 1) / columns;
  const int top = options.warning.empty() ? margin : line + 2 * margin;
  const int height = top + line + margin / 2 + main_height + margin + rows * (tile_caption + tile + margin);
  Sheet sheet{study, survey(upright.labels(), organs, options.ml), Canvas(sheet_width, height, paper)};
  sheet.heading(options);
  sheet.main_row(main_height);
  sheet.organ_tiles();
  write_file_atomically(path, sheet.canvas.png());
}

}  // namespace anatomynet::report
