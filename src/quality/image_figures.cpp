#include "quality/image_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace anatomynet::quality {
namespace {

constexpr double soft_tissue_width = 80, bone_hu = 300;
constexpr std::size_t enough = 200;         // voxels
constexpr std::int64_t rows_wanted = 8000;  // looked at

double median(std::vector<double>& values) {
  if (values.size() < enough) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  // Differences of whole HU: within a step the median is taken as spread evenly, or it would jump.
  const double at = *middle;
  const auto below = std::count_if(values.begin(), values.end(), [&](double v) { return v < at; });
  const auto equal = std::count(values.begin(), values.end(), at);
  return at - 0.5 + (double(values.size()) / 2 - double(below)) / double(equal);
}

class Sampler {
 public:
  Sampler(const CtView& ct, double level) : ct_(ct), level_(level) {
    const Orientation orientation = nearest_orientation(ct.grid);
    across_ = orientation.axis[2];
    row_ = orientation.axis[0];
    column_ = orientation.axis[1];
    const Size3 strides{1, ct.grid.size[0], ct.grid.size[0] * ct.grid.size[1]};
    stride_ = strides;
  }

  ImageFigures figures() {
    const Size3& n = ct_.grid.size;
    const std::int64_t step = std::max<std::int64_t>(1, n[column_] * n[across_] / rows_wanted);
    for (std::int64_t k = 0, i = 0; k < n[across_]; ++k)
      for (std::int64_t j = 0; j < n[column_]; ++j, ++i)
        if (i % step == 0) take_row(k * stride_[across_] + j * stride_[column_], k + 1 < n[across_]);
    const double near = median(near_), far = median(far_), through = median(through_);
    return {1.4826 * median(second_) / std::sqrt(6.0), near / far, through / near, median(bone_)};
  }

 private:
  bool soft(double hu) const { return std::abs(hu - level_) < soft_tissue_width; }

  void take_row(std::int64_t start, bool slice_above) {
    const std::int64_t step = stride_[row_];
    for (std::int64_t x = 0; x < ct_.grid.size[row_]; ++x) {
      const std::int64_t at = start + x * step;
      const double a = ct_.voxels[at];
      if (a > bone_hu) bone_.push_back(a);
      if (!soft(a)) continue;
      if (slice_above)
        if (const double above = ct_.voxels[at + stride_[across_]]; soft(above))
          through_.push_back(std::abs(a - above));
      if (x + 2 >= ct_.grid.size[row_]) continue;
      const double b = ct_.voxels[at + step], c = ct_.voxels[at + 2 * step];
      if (!soft(b) || !soft(c)) continue;
      second_.push_back(std::abs(a - 2 * b + c));
      near_.push_back(std::abs(a - b));
      far_.push_back(std::abs(a - c));
    }
  }

  const CtView& ct_;
  double level_;
  int across_, row_, column_;
  Size3 stride_{};
  std::vector<double> second_, near_, far_, through_, bone_;
};

}  // namespace

ImageFigures image_figures(const CtView& ct, double soft_tissue_hu) {
  return Sampler(ct, soft_tissue_hu).figures();
}

}  // namespace anatomynet::quality
