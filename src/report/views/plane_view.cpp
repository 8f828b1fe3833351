#include "report/views/plane_view.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace anatomynet::report {
namespace {

constexpr Colour letter_colour{255, 235, 120};

// Two neighbouring voxels along an axis and the share of the second, for a pixel; invalid outside the volume.
struct Tap {
  std::int64_t first = 0, second = 0;
  double share = 0;
  bool valid = false;
};

Tap tap_at(double mm, double spacing, std::int64_t size) {
  const double at = mm / spacing;
  Tap tap;
  if (!(at >= -0.5 && at <= double(size) - 0.5)) return tap;
  const double inside = std::clamp(at, 0.0, double(size - 1));
  tap.first = static_cast<std::int64_t>(inside);
  tap.second = std::min(tap.first + 1, size - 1);
  tap.share = inside - double(tap.first);
  tap.valid = true;
  return tap;
}

struct View {
  const Grid& grid;
  const Plane& plane;
  std::int64_t index;
  std::vector<Tap> columns, rows;

  std::int64_t offset(std::int64_t a, std::int64_t d) const {
    Size3 at{};
    at[plane.normal] = index;
    at[plane.across] = a;
    at[plane.down] = d;
    return grid.offset(at[0], at[1], at[2]);
  }

  // Interpolates value(offset) over the four voxels around a pixel.
  template <class Value>
  double at(int i, int j, Value value) const {
    const Tap &c = columns[i], &r = rows[j];
    const double top =
        value(offset(c.first, r.first)) * (1 - c.share) + value(offset(c.second, r.first)) * c.share;
    const double low =
        value(offset(c.first, r.second)) * (1 - c.share) + value(offset(c.second, r.second)) * c.share;
    return top * (1 - r.share) + low * r.share;
  }
  bool shows(int i, int j) const { return columns[i].valid && rows[j].valid; }
};

View view_of(const Grid& g, const Plane& plane, std::int64_t index, const Frame& frame, int width,
             int height) {
  View view{g, plane, index, {}, {}};
  for (int i = 0; i < width; ++i) {
    const double mm = frame.low[0] + (i + 0.5) / width * (frame.high[0] - frame.low[0]);
    view.columns.push_back(tap_at(mm, g.spacing[plane.across], g.size[plane.across]));
  }
  for (int j = 0; j < height; ++j) {
    const double share = (j + 0.5) / height, down = plane.head_up ? 1 - share : share;
    const double mm = frame.low[1] + down * (frame.high[1] - frame.low[1]);
    view.rows.push_back(tap_at(mm, g.spacing[plane.down], g.size[plane.down]));
  }
  return view;
}

std::vector<std::uint8_t> greys_of(const View& view, const Study& study) {
  std::vector<std::uint8_t> greys;
  greys.reserve(view.columns.size() * view.rows.size());
  const double low = study.window.centre - study.window.width / 2;
  // Rows of voxels, interpolated along the picture's rows; a picture shows each several times.
  using Line = std::vector<double>;
  Line first(view.columns.size()), second(first.size());
  std::array<std::int64_t, 2> known{-1, -1};  // voxel rows that they are
  const auto fill = [&](std::int64_t row, Line& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Tap& c = view.columns[i];
      line[i] = study.ct.voxels[view.offset(c.first, row)] * (1 - c.share) +
                study.ct.voxels[view.offset(c.second, row)] * c.share;
    }
  };
  for (const Tap& r : view.rows) {
    if (!r.valid) {
      greys.resize(greys.size() + view.columns.size(), 0);
      continue;
    }
    if (r.first == known[1]) {
      std::swap(first, second);
      std::swap(known[0], known[1]);
    }
    if (r.first != known[0]) fill(known[0] = r.first, first);
    if (r.second != known[1]) fill(known[1] = r.second, second);
    for (std::size_t i = 0; i < first.size(); ++i) {
      const double hu = first[i] * (1 - r.share) + second[i] * r.share;
      const double grey = view.columns[i].valid ? (hu - low) / study.window.width * 255 : 0;
      greys.push_back(static_cast<std::uint8_t>(std::clamp(grey, 0.0, 255.0) + 0.5));
    }
  }
  return greys;
}

// Pixels, from and to, outside of which no voxel of a label is near.
struct Part {
  std::array<int, 2> columns{0, 0}, rows{0, 0};
};

// The part of each organ, in the table's order; the plane's labels are read once for all.
std::vector<Part> parts_of(const View& view, const LabelVolume& labels, const OrganTable& organs) {
  const Plane& plane = view.plane;
  std::array<int, 256> place{};  // in the table, counted from 1
  for (std::size_t i = 0; i < organs.size(); ++i)
    place[static_cast<std::uint8_t>(organs[i].id)] = static_cast<int>(i) + 1;
  const auto across = static_cast<std::size_t>(view.grid.size[plane.across]),
             down = static_cast<std::size_t>(view.grid.size[plane.down]);
  std::vector<char> columns(organs.size() * across), rows(organs.size() * down);
  for (std::size_t d = 0; d < down; ++d)
    for (std::size_t a = 0; a < across; ++a) {
      const std::uint8_t label =
          labels.voxels[view.offset(static_cast<std::int64_t>(a), static_cast<std::int64_t>(d))];
      if (label == 0 || place[label] == 0) continue;
      const auto organ = static_cast<std::size_t>(place[label] - 1);
      columns[organ * across + a] = rows[organ * down + d] = 1;
    }
  const auto range = [](const std::vector<Tap>& taps, const char* has) {
    const auto near = [&](const Tap& t) { return t.valid && (has[t.first] || has[t.second]); };
    const auto first = std::find_if(taps.begin(), taps.end(), near);
    const auto last = std::find_if(taps.rbegin(), std::make_reverse_iterator(first), near).base();
    return std::array{static_cast<int>(first - taps.begin()), static_cast<int>(last - taps.begin())};
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < organs.size(); ++i)
    parts.push_back(
        {range(view.columns, columns.data() + i * across), range(view.rows, rows.data() + i * down)});
  return parts;
}

void draw_organ(Canvas& canvas, int x, int y, const View& view, const LabelVolume& labels, const Organ& organ,
                const Part& part, double tint) {
  // A frame of pixels around the part, which are outside.
  const int left = part.columns[0] - 1, top = part.rows[0] - 1, width = part.columns[1] - left + 1;
  std::vector<char> inside(static_cast<std::size_t>(width) * static_cast<std::size_t>(part.rows[1] - top + 1),
                           0);
  const auto in = [&](int i, int j) -> char& {
    return inside[static_cast<std::size_t>((j - top) * width + (i - left))];
  };
  const auto is_organ = [&](std::int64_t at) { return labels.voxels[at] == organ.id ? 1.0 : 0.0; };
  for (int j = part.rows[0]; j < part.rows[1]; ++j)
    for (int i = part.columns[0]; i < part.columns[1]; ++i)
      in(i, j) = view.shows(i, j) && view.at(i, j, is_organ) >= 0.5;
  for (int j = part.rows[0]; j < part.rows[1]; ++j)
    for (int i = part.columns[0]; i < part.columns[1]; ++i) {
      if (!in(i, j)) continue;
      const bool edge = !in(i - 1, j) || !in(i + 1, j) || !in(i, j - 1) || !in(i, j + 1);
      canvas.blend(x + i, y + j, organ.colour, edge ? 1.0 : tint);
    }
}

void draw_organs(Canvas& canvas, int x, int y, const View& view, const LabelVolume& labels,
                 const OrganTable& organs, double tint) {
  const std::vector<Part> parts = parts_of(view, labels, organs);
  for (std::size_t i = 0; i < organs.size(); ++i)
    draw_organ(canvas, x, y, view, labels, organs[i], parts[i], tint);
}

void draw_letters(Canvas& canvas, int x, int y, int width, int height, const char* edges, int scale) {
  const int w = 5 * scale, h = 7 * scale, gap = 2 * scale;
  const auto letter = [&](int at_x, int at_y, char c) {
    canvas.outlined_text(at_x, at_y, std::string(1, c), letter_colour, scale);
  };
  letter(x + gap, y + (height - h) / 2, edges[0]);
  letter(x + width - gap - w, y + (height - h) / 2, edges[1]);
  letter(x + (width - w) / 2, y + gap, edges[2]);
  letter(x + (width - w) / 2, y + height - gap - h, edges[3]);
}

}  // namespace

std::vector<std::uint8_t> grey_plane(const Study& study, const Plane& plane, std::int64_t index,
                                     const Frame& frame, int width, int height) {
  return greys_of(view_of(study.ct.grid, plane, index, frame, width, height), study);
}

void draw_plane(Canvas& canvas, int x, int y, int width, int height, const Study& study, const Plane& plane,
                std::int64_t index, const Frame& frame, int letter_scale) {
  const View view = view_of(study.ct.grid, plane, index, frame, width, height);
  const std::vector<std::uint8_t> greys = greys_of(view, study);
  for (int j = 0; j < height; ++j)
    for (int i = 0; i < width; ++i) {
      const std::uint8_t g = greys[static_cast<std::size_t>(j * width + i)];
      if (view.shows(i, j)) canvas.blend(x + i, y + j, {g, g, g});
    }
  draw_organs(canvas, x, y, view, study.labels, study.organs, 0.15);
  draw_letters(canvas, x, y, width, height, plane.edges, letter_scale);
}

void draw_outlines(Canvas& canvas, int x, int y, int width, int height, const LabelVolume& labels,
                   const OrganTable& organs, const Plane& plane, std::int64_t index, const Frame& frame) {
  const View view = view_of(labels.grid, plane, index, frame, width, height);
  draw_organs(canvas, x, y, view, labels, organs, 0);
}

}  // namespace anatomynet::report
