#include "report/views/comparison.h"

#include <algorithm>
#include <tuple>

#include "report/views/plane_view.h"
#include "report/views/survey.h"

namespace anatomynet::report {
namespace {

struct Both {
  Extent truth, predicted;
};

Both extents_of(const Comparison& c, const Organ& organ) {
  return {survey(c.truth, {organ})[0], survey(c.predicted, {organ})[0]};
}

Organ with_id(int id) {
  Organ organ;
  organ.id = id;
  return organ;
}

// A square around the organ in both maps, with some of what lies about it.
Frame frame_around(const Grid& g, const Both& both) {
  Frame frame;
  double half = 45;
  std::array<double, 2> centre{};
  for (int k = 0; k < 2; ++k) {
    std::int64_t low = g.size[k] - 1, high = 0;
    for (const Extent* e : {&both.truth, &both.predicted}) {
      if (e->voxels == 0) continue;
      low = std::min(low, e->low[k]);
      high = std::max(high, e->high[k]);
    }
    if (low > high) low = 0, high = g.size[k] - 1;
    centre[k] = double(low + high) / 2 * g.spacing[k];
    half = std::max(half, 0.6 * double(high - low + 1) * g.spacing[k]);
  }
  for (int k = 0; k < 2; ++k) {
    frame.low[k] = centre[k] - half;
    frame.high[k] = centre[k] + half;
  }
  return frame;
}

Canvas draw_framed(const Comparison& c, const Frame& frame, std::int64_t slice, const std::string& caption,
                   int size) {
  constexpr int line = 24;
  constexpr Colour paper{18, 20, 24}, ink{225, 225, 225}, truth_colour{255, 255, 255};
  Canvas canvas(size, size + line, paper);
  canvas.text(5, 5, caption.substr(0, static_cast<std::size_t>(size / 12)), ink);
  draw_plane(canvas, 0, line, size, size, {c.ct, c.truth, {}, {40, 400}}, axial, slice, frame, 2);
  OrganTable white = c.organs;
  for (Organ& o : white) o.colour = truth_colour;
  draw_outlines(canvas, 0, line, size, size, c.truth, white, axial, slice, frame);
  draw_outlines(canvas, 0, line, size, size, c.predicted, c.organs, axial, slice, frame);
  return canvas;
}

}  // namespace

std::int64_t most_different_slice(const Comparison& c, int id) {
  std::tuple<std::int64_t, std::int64_t> most{-1, -1};
  std::int64_t best = 0;
  for (std::int64_t z = 0; z < c.truth.grid.size[2]; ++z) {
    const auto truth = c.truth.slice(z), predicted = c.predicted.slice(z);
    std::int64_t apart = 0, shown = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      apart += (truth[i] == id) != (predicted[i] == id);
      shown += truth[i] == id || predicted[i] == id;
    }
    if (std::tuple now{apart, shown}; now > most) {
      most = now;
      best = z;
    }
  }
  return best;
}

std::int64_t centre_slice(const Comparison& c, int id) {
  const Both both = extents_of(c, with_id(id));
  const Extent& e = both.truth.voxels ? both.truth : both.predicted;
  return e.voxels ? (e.low[2] + e.high[2]) / 2 : c.truth.grid.size[2] / 2;
}

Canvas draw_comparison(const Comparison& c, const Organ& organ, std::int64_t slice,
                       const std::string& caption, int size) {
  return draw_framed(c, frame_around(c.ct.grid, extents_of(c, organ)), slice, caption, size);
}

std::int64_t overview_slice(const LabelVolume& truth, const OrganTable& organs) {
  return best_slice(survey(truth, organs), 2, truth.grid.size[2]);
}

Canvas draw_overview(const Comparison& c, std::int64_t slice, const std::string& caption, int size) {
  LabelVolume all = c.truth;  // one label for whatever lies on the slice
  const std::int64_t area = all.grid.size[0] * all.grid.size[1];
  for (std::int64_t i = 0; i < std::int64_t(all.voxels.size()); ++i)
    all.voxels[i] = i / area == slice && find_organ(c.organs, all.voxels[i]) ? 1 : 0;
  const Extent extent = survey(all, {with_id(1)})[0];
  return draw_framed(c, frame_around(c.ct.grid, {extent, extent}), slice, caption, size);
}

}  // namespace anatomynet::report
