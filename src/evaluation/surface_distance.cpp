#include "evaluation/surface_distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "evaluation/surfels.h"
#include "geometry/distance_transform.h"

namespace anatomynet::evaluation {
namespace {

// The surface elements of one structure on a lattice of points.
struct Surface {
  Size3 size{};
  std::vector<std::uint8_t> code;  // 0: no element here
};

// Lattice: the corners of the box's voxels; code 255, all eight neighbours inside, is no surface.
Surface surfels_of(const std::vector<std::uint8_t>& mask, const Size3& box) {
  Surface out;
  out.size = {box[0] + 1, box[1] + 1, box[2] + 1};
  out.code.assign(static_cast<std::size_t>(out.size[0] * out.size[1] * out.size[2]), 0);
  const std::int64_t row = box[0] + 2, plane = row * (box[1] + 2);
  std::uint8_t* to = out.code.data();
  for (std::int64_t z = 0; z < out.size[2]; ++z)
    for (std::int64_t y = 0; y < out.size[1]; ++y, to += out.size[0])
      for (int k = 0; k < 8; ++k) {
        const std::uint8_t* from =
            mask.data() + (z + (k >> 2 & 1)) * plane + (y + (k >> 1 & 1)) * row + (k & 1);
        for (std::int64_t x = 0; x < out.size[0]; ++x)
          to[x] = static_cast<std::uint8_t>(to[x] | from[x] << k);
      }
  for (std::uint8_t& code : out.code)
    if (code == 255) code = 0;
  return out;
}

Surface boundary_voxels_of(const std::vector<std::uint8_t>& mask, const Size3& box) {
  Surface out;
  out.size = box;
  out.code.reserve(static_cast<std::size_t>(box[0] * box[1] * box[2]));
  const std::int64_t row = box[0] + 2, plane = row * (box[1] + 2);
  for (std::int64_t z = 1; z <= box[2]; ++z)
    for (std::int64_t y = 1; y <= box[1]; ++y)
      for (std::int64_t x = 1; x <= box[0]; ++x) {
        const std::uint8_t* at = mask.data() + z * plane + y * row + x;
        const bool within = at[-1] && at[1] && at[-row] && at[row] && at[-plane] && at[plane];
        out.code.push_back(*at && !within);
      }
  return out;
}

DirectedDistances directed(const Surface& from, const Surface& to, const Vec3& spacing,
                           const std::array<double, 256>& weight) {
  const std::vector<double> squared = geometry::squared_distances_at(from.code, to.code, to.size, spacing);
  std::vector<std::pair<double, double>> elements;
  elements.reserve(squared.size());
  std::size_t next = 0;
  for (const std::uint8_t code : from.code)
    if (code) elements.emplace_back(std::sqrt(squared[next++]), weight[code]);
  std::sort(elements.begin(), elements.end());
  DirectedDistances out;
  for (const auto& [mm, w] : elements) {
    out.mm.push_back(mm);
    out.weight.push_back(w);
    out.total += w;
  }
  return out;
}

DirectedDistances pooled(const SurfaceDistances& d) {
  const DirectedDistances &a = d.from_prediction, &b = d.from_truth;
  DirectedDistances out;
  out.total = a.total + b.total;
  for (std::size_t i = 0, k = 0; i < a.mm.size() || k < b.mm.size();) {
    const bool first = k == b.mm.size() || (i < a.mm.size() && a.mm[i] <= b.mm[k]);
    out.mm.push_back(first ? a.mm[i] : b.mm[k]);
    out.weight.push_back(first ? a.weight[i] : b.weight[k]);
    ++(first ? i : k);
  }
  return out;
}

double percentile_of(const DirectedDistances& d, double percent, SurfaceElement element) {
  if (element == SurfaceElement::voxels) {
    const double rank = percent / 100 * double(d.mm.size() - 1);
    const auto low = static_cast<std::size_t>(rank);
    const std::size_t high = std::min(low + 1, d.mm.size() - 1);
    return d.mm[low] + (rank - double(low)) * (d.mm[high] - d.mm[low]);
  }
  double sum = 0;
  for (std::size_t i = 0; i < d.mm.size(); ++i) {
    sum += d.weight[i];
    if (sum / d.total >= percent / 100) return d.mm[i];
  }
  return d.mm.back();
}

double mean_of(const DirectedDistances& d) {
  double sum = 0;
  for (std::size_t i = 0; i < d.mm.size(); ++i) sum += d.mm[i] * d.weight[i];
  return sum / d.total;
}

template <class Figure>
double combined(const SurfaceDistances& d, Combination how, Figure figure) {
  if (how == Combination::pooled) return figure(pooled(d));
  const double a = figure(d.from_prediction), b = figure(d.from_truth);
  return how == Combination::larger ? std::max(a, b) : (a + b) / 2;
}

template <class Value, std::size_t n>
Value named(const std::array<std::pair<const char*, Value>, n>& table, const std::string& name,
            const char* what) {
  std::string known;
  for (const auto& [key, value] : table) {
    if (name == key) return value;
    known += (known.empty() ? "" : ", ") + std::string(key);
  }
  throw Error(ErrorKind::usage, std::string(what) + " '" + name + "' is not known; expected one of " + known);
}

constexpr std::array<std::pair<const char*, SurfaceElement>, 2> elements{
    {{"surfels", SurfaceElement::surfels}, {"voxels", SurfaceElement::voxels}}};
constexpr std::array<std::pair<const char*, Combination>, 3> combinations{
    {{"larger", Combination::larger}, {"mean", Combination::mean}, {"pooled", Combination::pooled}}};

}  // namespace

SurfaceElement surface_element(const std::string& name) { return named(elements, name, "surface"); }
Combination combination(const std::string& name) { return named(combinations, name, "combination"); }
std::string name_of(SurfaceElement element) { return elements[static_cast<std::size_t>(element)].first; }
std::string name_of(Combination how) { return combinations[static_cast<std::size_t>(how)].first; }

std::optional<SurfaceDistances> surface_distances(const BoxedMask& predicted, const BoxedMask& truth,
                                                  SurfaceElement element) {
  require_same_grid(predicted.grid, truth.grid);
  if (predicted.empty() || truth.empty()) return {};
  const LabelBox box = box_around(predicted, truth);
  const auto surface = element == SurfaceElement::surfels ? surfels_of : boundary_voxels_of;
  const Surface ours = surface(padded(predicted, box), box.size),
                theirs = surface(padded(truth, box), box.size);
  std::array<double, 256> weight{};
  weight.fill(1);
  const Vec3& spacing = truth.grid.spacing;
  if (element == SurfaceElement::surfels) weight = surfel_areas(spacing);
  return SurfaceDistances{element, directed(ours, theirs, spacing, weight),
                          directed(theirs, ours, spacing, weight)};
}

double percentile(const SurfaceDistances& distances, double percent, Combination how) {
  return combined(distances, how,
                  [&](const DirectedDistances& d) { return percentile_of(d, percent, distances.element); });
}

double mean_distance(const SurfaceDistances& distances, Combination how) {
  return combined(distances, how, mean_of);
}

double surface_dice(const SurfaceDistances& distances, double tolerance_mm) {
  double near = 0;
  for (const DirectedDistances* d : {&distances.from_prediction, &distances.from_truth})
    for (std::size_t i = 0; i < d->mm.size() && d->mm[i] <= tolerance_mm; ++i) near += d->weight[i];
  return near / (distances.from_prediction.total + distances.from_truth.total);
}

std::optional<double> hausdorff95(const LabelVolume& predicted, const LabelVolume& truth, int id) {
  const auto distances = surface_distances(boxed(predicted, id), boxed(truth, id), SurfaceElement::voxels);
  if (!distances) return {};
  return percentile(*distances, 95, Combination::larger);
}

}  // namespace anatomynet::evaluation
