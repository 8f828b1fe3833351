#include "report/views/organ_picture.h"

#include <cstdio>

#include "core/output.h"
#include "report/views/organ_planes.h"

namespace anatomynet::report {
namespace {

constexpr int side = 480, gap = 14, text_row = 26;
constexpr Colour back{18, 20, 24}, bright{225, 225, 225}, pale{140, 145, 150};

Canvas picture_of(const Study& study, const Organ& organ, const Extent& extent) {
  Canvas canvas(3 * side + 4 * gap, side + 2 * gap + 2 * text_row, back);
  char words[64];
  std::snprintf(words, sizeof words, "%.2f ml", extent.ml);
  canvas.fill(gap, gap, 14, 14, organ.colour);
  canvas.text(gap + 22, gap, organ.name + "  " + words, bright);
  const std::string notice = "not a medical device: review every contour";
  canvas.text(canvas.width() - gap - Canvas::text_width(notice), gap, notice, pale);
  int x = gap;
  for (const Section& s : sections_through(extent, study.ct.grid)) {
    canvas.text(x, gap + text_row, caption(s, study.ct.grid), pale);
    canvas.fill(x, gap + 2 * text_row, side, side, {0, 0, 0});
    draw_plane(canvas, x, gap + 2 * text_row, side, side, study, *s.plane, s.index, s.frame, 2);
    x += side + gap;
  }
  return canvas;
}

}  // namespace

void write_organ_pictures(const std::vector<std::filesystem::path>& paths, const CtVolume& ct,
                          const LabelVolume& labels, const OrganTable& organs,
                          const std::vector<double>& known_ml) {
  const UprightCase upright(ct, labels, "picture");
  const Study study{upright.ct(), upright.labels(), organs, {40, 400}};
  const auto extents = survey(upright.labels(), organs, known_ml);
  for (std::size_t i = 0; i < organs.size(); ++i)
    if (extents[i].voxels > 0)
      write_file_atomically(paths.at(i), picture_of(study, organs[i], extents[i]).png());
}

}  // namespace anatomynet::report
