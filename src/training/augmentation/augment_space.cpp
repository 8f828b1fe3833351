#include "training/augmentation/augment_space.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include <torch/torch.h>

#include "training/augmentation/random_draw.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
using Matrix = std::array<std::array<double, 3>, 3>;

// A voxel of a random class, all classes alike: small organs are seen as often as large ones.
std::optional<Index3> organ_voxel(const Tensor& labels, std::uint64_t which, std::uint64_t pick) {
  const Tensor whole = labels.contiguous();
  const std::uint8_t* v = whole.data_ptr<std::uint8_t>();
  const std::int64_t n = whole.numel();
  std::array<std::uint64_t, 256> counts{};
  for (std::int64_t i = 0; i < n;) {
    std::uint64_t eight = 0;
    if (i + 8 <= n) std::memcpy(&eight, v + i, 8);
    if (i + 8 <= n && eight == 0) {  // nearly all is background
      i += 8;
      continue;
    }
    ++counts[v[i++]];
  }
  std::vector<std::uint8_t> present;
  for (std::size_t c = 1; c < 256; ++c)
    if (counts[c]) present.push_back(static_cast<std::uint8_t>(c));
  if (present.empty()) return {};
  const std::uint8_t organ = present[which % present.size()];
  std::uint64_t left = pick % counts[organ];
  const std::uint8_t* at = std::find(v, v + n, organ);
  for (; left > 0; --left) at = std::find(at + 1, v + n, organ);
  const std::int64_t i = at - v, x = whole.size(2), y = whole.size(1);
  return Index3{i / (x * y), i / x % y, i % x};
}

// Centre of the crop, voxels: near an organ voxel, or anywhere; such that without an affine map voxels fall
// on voxels.
std::array<double, 3> crop_centre(const TrainingCase& c, const AugmentOptions& o, const Index3& crop,
                                  std::mt19937_64& random) {
  const bool organ = chance(random, o.organ_centred);
  const std::uint64_t which = random(), pick = random();
  const auto voxel = organ ? organ_voxel(c.labels, which, pick) : std::nullopt;
  std::array<double, 3> centre{};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto size = double(c.image.size(std::int64_t(k))), width = double(crop[k]);
    if (voxel) {
      centre[k] = double((*voxel)[k]) + uniform(random, -o.jitter, o.jitter) * width;
    } else {
      const double farthest = std::max(0.0, size - width) / 2 + o.jitter / 2 * width;
      centre[k] = (size - 1) / 2 + uniform(random, -farthest, farthest);
    }
    const double middle = (width - 1) / 2;
    centre[k] = std::round(centre[k] - middle) + middle;
  }
  return centre;
}

Matrix random_affine(const AugmentOptions& o, bool flip, std::mt19937_64& random) {
  Matrix m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int axis = 0; axis < 3; ++axis) {
    const double a = uniform(random, -o.rotation, o.rotation) * M_PI / 180;
    const int i = (axis + 1) % 3, j = (axis + 2) % 3;
    for (auto& row : m) {
      const double u = row[i], v = row[j];
      row[i] = std::cos(a) * u - std::sin(a) * v;
      row[j] = std::sin(a) * u + std::cos(a) * v;
    }
  }
  const double overall = 1 + uniform(random, -o.scale, o.scale);
  for (int k = 0; k < 3; ++k) {
    const double s = overall * (1 + uniform(random, -o.scale, o.scale) / 3) * (k == 2 && flip ? -1 : 1);
    for (auto& row : m) row[k] *= s;
  }
  return m;
}

// The in-plane affine that takes three corners of a square about the middle to where they are jittered.
// Applied before what the map does already.
void jitter_corners(SpaceMap& map, double side, double jitter, std::mt19937_64& random) {
  const double s = side / 3;
  std::array<std::array<double, 2>, 3> q{{{s, s}, {s, -s}, {-s, -s}}};
  for (auto& corner : q)
    for (double& v : corner) v += uniform(random, -jitter, jitter);
  double a[2][2], shift[2];
  for (int r = 0; r < 2; ++r) {
    a[r][0] = (q[1][r] - q[2][r]) / (2 * s);
    a[r][1] = (q[0][r] - q[1][r]) / (2 * s);
    shift[r] = q[0][r] - (a[r][0] + a[r][1]) * s;
  }
  for (int r = 0; r < 3; ++r) {
    auto& row = map.m[r];
    map.centre[r] += row[1] * shift[0] + row[2] * shift[1];
    const double y = row[1] * a[0][0] + row[2] * a[1][0], x = row[1] * a[0][1] + row[2] * a[1][1];
    row[1] = y;
    row[2] = x;
  }
}

double middle(const SpaceMap& map, int k) { return double(map.crop[k] - 1) / 2; }

double largest(const Tensor& field) { return field.abs().max().item<double>(); }

// The part of the case that the sample can show, first voxel and size; a size of 0: none of it.
struct Box {
  Index3 low{}, size{};
  bool empty() const { return std::find(size.begin(), size.end(), 0) != size.end(); }
};

Box box_of(const SpaceMap& map, torch::IntArrayRef source) {
  std::array<double, 3> half_extent{};
  for (int c = 0; c < 3; ++c) {
    half_extent[c] = middle(map, c);
    if (map.control.defined()) half_extent[c] += largest(map.control[c]);
    if (map.plane.defined() && c > 0) half_extent[c] += largest(map.plane[c - 1]);
  }
  Box box;
  for (int r = 0; r < 3; ++r) {
    double half = 1;  // the other voxel of a linear interpolation
    for (int c = 0; c < 3; ++c) half += std::abs(map.m[r][c]) * half_extent[c];
    box.low[r] = std::clamp<std::int64_t>(std::llround(std::floor(map.centre[r] - half)), 0, source[r]);
    const auto end =
        std::clamp<std::int64_t>(std::llround(std::ceil(map.centre[r] + half)) + 1, 0, source[r]);
    box.size[r] = std::max<std::int64_t>(0, end - box.low[r]);
  }
  return box;
}

Tensor within(Tensor volume, const Box& box) {
  for (int k = 0; k < 3; ++k) volume = volume.narrow(k, box.low[k], box.size[k]);
  return volume;
}

// True where voxels fall on voxels, so that sampling is copying.
bool copies(const SpaceMap& map) {
  if (map.control.defined() || map.plane.defined()) return false;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c)
      if (map.m[r][c] != (r != c ? 0 : r == 2 && map.flip ? -1 : 1)) return false;
    const double first = map.centre[r] - middle(map, r);
    if (first != std::round(first)) return false;
  }
  return true;
}

Tensor copied(const Tensor& volume, const SpaceMap& map, torch::ScalarType type, double outside,
              torch::Device device) {
  Tensor out =
      torch::full({map.crop[0], map.crop[1], map.crop[2]}, outside, torch::dtype(type).device(device));
  Tensor from = volume, to = out;
  for (int k = 0; k < 3; ++k) {
    const auto first = std::llround(map.centre[k] - middle(map, k));
    const auto low = std::max<std::int64_t>(0, first),
               end = std::min<std::int64_t>(volume.size(k), first + map.crop[k]);
    if (end <= low) return out;
    from = from.narrow(k, low, end - low);
    to = to.narrow(k, low - first, end - low);
  }
  to.copy_(from);
  return map.flip ? out.flip(2) : out;
}

// Linear or nearest, 0 outside. `grid` is what grid_sample wants, for the box.
Tensor resampled(const Tensor& values, const Tensor& grid, bool linear) {
  namespace F = torch::nn::functional;
  auto how = F::GridSampleFuncOptions().padding_mode(torch::kZeros).align_corners(false);
  if (linear) {
    how = how.mode(torch::kBilinear);
  } else {
    how = how.mode(torch::kNearest);
  }
  return F::grid_sample(values.unsqueeze(0).unsqueeze(0), grid, how).squeeze(0).squeeze(0);
}

// Each organ's share of a voxel by linear interpolation; the largest wins, the background has what is left.
Tensor linear_labels(const Tensor& labels, const Tensor& grid) {
  Tensor best, sum, out;
  for (int c = 1; c <= labels.max().item<int>(); ++c) {
    const Tensor mask = labels == c;
    if (!mask.any().item<bool>()) continue;
    const Tensor share = resampled(mask.to(torch::kFloat), grid, true);
    if (!out.defined()) {
      out = torch::full_like(share, c, torch::kByte);
      best = share;
      sum = share.clone();
      continue;
    }
    out.masked_fill_(share > best, c);
    best = torch::maximum(best, share);
    sum += share;
  }
  if (!out.defined())
    return torch::zeros(grid.sizes().slice(1, 3), torch::dtype(torch::kByte).device(grid.device()));
  return out.masked_fill_(best <= 1 - sum, 0);
}

// 3 x D x H x W: scale[r] * position + shift[r], the constants folded into the axes' small vectors.
Tensor positions(const SpaceMap& map, const std::array<double, 3>& scale, const std::array<double, 3>& shift,
                 torch::Device device) {
  const auto& n = map.crop;
  Tensor field;
  if (map.control.defined()) field = spline_field(map.control, map.spacing, n, device);
  const Tensor plane = map.plane.defined() ? map.plane.to(device).unsqueeze(1) : Tensor();  // 2 1 H W
  Tensor out = torch::empty({3, n[0], n[1], n[2]}, torch::dtype(torch::kFloat).device(device));
  for (int r = 0; r < 3; ++r) {
    std::array<Tensor, 3> along;
    for (int c = 0; c < 3; ++c) {
      const double slope = scale[r] * map.m[r][c];
      double first = -slope * middle(map, c);
      if (c == 0) first += scale[r] * map.centre[r] + shift[r];
      along[c] = (torch::arange(n[c], torch::kDouble) * slope + first).to(torch::kFloat).to(device);
    }
    Tensor to = out[r];
    Tensor in_plane = along[1].view({-1, 1}) + along[2];
    if (plane.defined())
      in_plane = in_plane + scale[r] * (map.m[r][1] * plane[0][0] + map.m[r][2] * plane[1][0]);
    to.copy_(along[0].view({-1, 1, 1}) + in_plane);
    if (!field.defined()) continue;
    for (int c = 0; c < 3; ++c) to.add_(field[c], scale[r] * map.m[r][c]);
  }
  return out;
}

// The zone of each voxel of a case; undefined where all are in zone 0.
Tensor zone_volume(const TrainingCase& source) {
  if (!source.zones.of_slice.defined()) return {};
  return source.zones.of_slice.view({-1, 1, 1}).expand(source.labels.sizes());
}

}  // namespace

SpaceMap random_space(const TrainingCase& source, const AugmentOptions& o, std::mt19937_64& random) {
  SpaceMap map;
  map.crop = {o.crop[2], o.crop[1], o.crop[0]};
  map.flip = o.flip && below(random, 2) == 0;
  map.centre = crop_centre(source, o, map.crop, random);
  map.m = random_affine(o, map.flip, random);
  if (o.corner_jitter > 0) {
    const auto side = double(std::min(source.image.size(1), source.image.size(2)));
    jitter_corners(map, side, o.corner_jitter * side, random);
  }
  if (o.plane_alpha > 0)
    map.plane = plane_field(map.crop[1], map.crop[2], o.plane_alpha, o.plane_sigma, random);
  if (chance(random, o.elastic) && o.elastic_voxels > 0) {
    map.spacing = o.elastic_spacing;
    map.control = random_control_points(map.crop, map.spacing, uniform(random, 0, o.elastic_voxels), random);
  }
  return map;
}

Tensor source_positions(const SpaceMap& map, torch::Device device) {
  return positions(map, {1, 1, 1}, {0, 0, 0}, device);
}

std::array<double, 3> target_position(const SpaceMap& map, const std::array<double, 3>& source) {
  const auto& m = map.m;
  std::array<double, 3> d{}, t{};
  for (int k = 0; k < 3; ++k) d[k] = source[k] - map.centre[k];
  const auto cofactor = [&](int r, int c) {
    const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double determinant = m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2);
  for (int r = 0; r < 3; ++r) {
    t[r] = middle(map, r);
    for (int c = 0; c < 3; ++c) t[r] += cofactor(c, r) * d[c] / determinant;
  }
  return t;
}

Sample sampled(const TrainingCase& source, const SpaceMap& map, LabelInterpolation how,
               torch::Device device) {
  constexpr double air_hu = -1000;
  const Tensor zones = zone_volume(source);
  if (copies(map)) {
    Sample out{copied(source.image, map, torch::kFloat, air_hu, device),
               copied(source.labels, map, torch::kByte, 0, device)};
    if (zones.defined()) out.zones = copied(zones, map, torch::kByte, 0, device);
    return out;
  }
  const Index3& n = map.crop;
  const Box box = box_of(map, source.image.sizes());
  if (box.empty()) {
    return {torch::full({n[0], n[1], n[2]}, air_hu, torch::dtype(torch::kFloat).device(device)),
            torch::zeros({n[0], n[1], n[2]}, torch::dtype(torch::kByte).device(device))};
  }
  std::array<double, 3> scale{},
      shift{};  // to grid_sample's coordinates, -1 to 1 from edge to edge of the box
  for (int k = 0; k < 3; ++k) {
    scale[k] = 2.0 / double(box.size[k]);
    shift[k] = scale[k] * (0.5 - double(box.low[k])) - 1;
  }
  const Tensor grid =
      positions(map, scale, shift, device).flip(0).permute({1, 2, 3, 0}).unsqueeze(0);  // x, y, z last
  const Tensor image = within(source.image, box).to(device), labels = within(source.labels, box).to(device);
  Sample out;
  // Outside the case there is air: sampled as 0 there, so shift before and after.
  out.image = resampled(image.to(torch::kFloat).sub_(air_hu), grid, true).add_(air_hu);
  out.labels = how == LabelInterpolation::linear
                   ? linear_labels(labels, grid)
                   : resampled(labels.to(torch::kFloat), grid, false).to(torch::kByte);
  if (zones.defined())
    out.zones = resampled(within(zones, box).to(device).to(torch::kFloat), grid, false).to(torch::kByte);
  return out;
}

}  // namespace anatomynet::training
