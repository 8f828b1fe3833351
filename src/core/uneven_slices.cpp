#include "core/uneven_slices.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"

namespace anatomynet::core {
namespace {

// Ties between two slices fall to the upper one whatever rounding.
constexpr double hair = 1e-6;

std::int64_t place(double mm, double step) { return std::llround(mm / step - hair); }

// Whether no two slices fall to one place, and none lies further than `off` of a step beside its own.
bool each_has_its_place(const std::vector<double>& mm, double step, double off) {
  for (std::size_t i = 1; i < mm.size(); ++i) {
    const std::int64_t here = place(mm[i], step);
    if (here <= place(mm[i - 1], step) || std::abs(mm[i] / step - double(here)) > off) return false;
  }
  return true;
}

// The mean for slices that are even but for some noise, or alternate a little: each then lies near its place,
// and none is shown twice. Else that of the smallest distances, or the smallest.
double even_distance(const std::vector<double>& mm) {
  constexpr double near = 0.25, anywhere = 0.51;
  double smallest = mm[1] - mm[0];
  for (std::size_t i = 1; i < mm.size(); ++i) smallest = std::min(smallest, mm[i] - mm[i - 1]);
  double sum = 0, count = 0;
  for (std::size_t i = 1; i < mm.size(); ++i)
    if (mm[i] - mm[i - 1] < 1.05 * smallest) {
      sum += mm[i] - mm[i - 1];
      ++count;
    }
  const double mean = mm.back() / double(mm.size() - 1), fine = sum / count;
  if (each_has_its_place(mm, mean, near)) return mean;
  return each_has_its_place(mm, fine, anywhere) ? fine : smallest;
}

}  // namespace

double AxisPositions::index_of(double at) const {
  const auto above = std::upper_bound(mm.begin(), mm.end(), at) - mm.begin();
  const auto low = std::clamp<std::ptrdiff_t>(above - 1, 0, std::ssize(mm) - 2);
  const auto i = static_cast<std::size_t>(low);
  return double(low) + (at - mm[i]) / (mm[i + 1] - mm[i]);
}

double AxisPositions::mm_of(double index) const {
  const auto low =
      std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::floor(index)), 0, std::ssize(mm) - 2);
  const auto i = static_cast<std::size_t>(low);
  return mm[i] + (index - double(low)) * (mm[i + 1] - mm[i]);
}

UnevenSlices::UnevenSlices(const Grid& first, std::vector<double> heights) : even_(first) {
  positions_.mm = std::move(heights);
  const std::vector<double>& mm = positions_.mm;
  const double last = mm.back(), step = even_distance(mm);
  if (!(step > 0) || !(last / step < double(most_even)))
    throw Error(ErrorKind::input, "slices lie so unevenly that an even grid would need more than " +
                                      std::to_string(most_even) +
                                      " slices of the smallest distance; separate the parts of the series");
  even_.spacing[2] = step;
  even_.size[2] = std::llround(last / step) + 1;
  slice_of_.resize(static_cast<std::size_t>(even_.size[2]));
  std::size_t nearest = 0;
  for (std::size_t z = 0; z < slice_of_.size(); ++z) {
    const double at = double(z) * step + hair * step;
    while (nearest + 1 < mm.size() && at >= (mm[nearest] + mm[nearest + 1]) / 2) ++nearest;
    slice_of_[z] = static_cast<std::int64_t>(nearest);
  }
  for (std::size_t i = 0; i < mm.size(); ++i) {
    // Distinct but for rounding.
    std::int64_t z = place(mm[i], step);
    if (!shown_at_.empty()) z = std::max(z, shown_at_.back() + 1);
    z = std::min(z, even_.size[2] - static_cast<std::int64_t>(mm.size() - i));
    shown_at_.push_back(z);
    slice_of_[static_cast<std::size_t>(z)] = static_cast<std::int64_t>(i);
  }
  times_.assign(mm.size(), 0);
  for (const std::int64_t slice : slice_of_) ++times_[static_cast<std::size_t>(slice)];
}

double UnevenSlices::slab(std::int64_t slice) const {
  const std::vector<double>& mm = positions_.mm;
  const auto i = static_cast<std::size_t>(slice), last = mm.size() - 1;
  if (i == 0) return mm[1] - mm[0];
  if (i == last) return mm[last] - mm[last - 1];
  return (mm[i + 1] - mm[i - 1]) / 2;
}

Vec3 UnevenSlices::origin_of(std::int64_t slice) const {
  return even_.to_world({0, 0, positions_.mm[static_cast<std::size_t>(slice)] / even_.spacing[2]});
}

double UnevenSlices::thickness(std::int64_t z) const {
  const std::int64_t slice = slice_of(z);
  return slab(slice) / times_[static_cast<std::size_t>(slice)];
}

std::vector<double> UnevenSlices::volumes_ml(const LabelVolume& even) const {
  std::vector<double> ml(256, 0);
  for (std::int64_t z = 0; z < even_.size[2]; ++z) {
    std::array<std::int64_t, 256> count{};
    for (const std::uint8_t label : even.slice(z)) ++count[label];
    for (std::size_t label = 0; label < count.size(); ++label)
      ml[label] += double(count[label]) * even_.spacing[0] * even_.spacing[1] * thickness(z) / 1000;
  }
  return ml;
}

Grid UnevenSlices::on_slices() const {
  Grid grid = even_;
  grid.size[2] = count();
  grid.spacing[2] = positions_.mm.back() / double(count() - 1);
  return grid;
}

LabelVolume UnevenSlices::to_even(const LabelVolume& on_slices) const {
  LabelVolume even(even_);
  const std::int64_t plane = even_.size[0] * even_.size[1];
  for (std::int64_t z = 0; z < even_.size[2]; ++z)
    std::copy_n(on_slices.voxels.data() + slice_of(z) * plane, plane, even.voxels.data() + z * plane);
  return even;
}

LabelVolume UnevenSlices::to_slices(const LabelVolume& even) const {
  LabelVolume slices(on_slices());
  const std::int64_t plane = even_.size[0] * even_.size[1];
  for (std::int64_t i = 0; i < count(); ++i)
    std::copy_n(even.voxels.data() + shown_at(i) * plane, plane, slices.voxels.data() + i * plane);
  return slices;
}

CtVolume UnevenSlices::interpolated(const CtVolume& on_slices) const {
  CtVolume even(even_);
  const std::int64_t plane = even_.size[0] * even_.size[1];
#pragma omp parallel for schedule(static)
  for (std::int64_t z = 0; z < even_.size[2]; ++z) {
    const double at = std::clamp(positions_.index_of(double(z) * even_.spacing[2]), 0.0, double(count() - 1));
    const auto low = std::min(static_cast<std::int64_t>(at), count() - 2);
    const auto share = static_cast<float>(at - double(low));
    const std::int16_t *below = on_slices.voxels.data() + low * plane, *above = below + plane;
    std::int16_t* to = even.voxels.data() + z * plane;
    for (std::int64_t v = 0; v < plane; ++v)
      to[v] = static_cast<std::int16_t>(
          std::lround(float(below[v]) + share * (float(above[v]) - float(below[v]))));
  }
  return even;
}

}  // namespace anatomynet::core
