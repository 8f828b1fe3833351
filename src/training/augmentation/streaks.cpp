#include "training/augmentation/streaks.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include "training/augmentation/random_draw.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

constexpr double metal_hu = 2500;  // above what is there

struct Ray {
  double y, x;    // direction in the plane, unit length
  double height;  // share of the largest, negative: dark
};

std::vector<Ray> random_rays(const Position& from, const Position* next, std::mt19937_64& random) {
  std::vector<Ray> rays(static_cast<std::size_t>(10 + below(random, 11)));
  for (std::size_t i = 0; i < rays.size(); ++i) {
    const double angle = uniform(random, 0, 2 * M_PI), height = uniform(random, 0.2, 1);
    rays[i] = {std::sin(angle), std::cos(angle), i % 2 == 0 ? height : -height};
  }
  if (next) {  // what lies between two pieces of metal is dark
    const double y = (*next)[1] - from[1], x = (*next)[2] - from[2], length = std::hypot(y, x);
    if (length > 1) rays.push_back({y / length, x / length, -1});
  }
  return rays;
}

void add_streaks(Tensor& pattern, const Position& from, const std::vector<Ray>& rays, double hu,
                 double decay_length) {
  auto to = pattern.accessor<float, 2>();
  for (std::int64_t j = 0; j < pattern.size(0); ++j)
    for (std::int64_t i = 0; i < pattern.size(1); ++i) {
      const double y = double(j) - from[1], x = double(i) - from[2], r2 = y * y + x * x;
      double sum = metal_hu * std::exp(-r2);
      for (const Ray& ray : rays) {
        const double along = y * ray.y + x * ray.x, across = y * ray.x - x * ray.y,
                     width = 0.7 + 0.04 * along;
        if (along <= 0 || std::abs(across) > 3 * width) continue;
        sum += hu * ray.height * std::exp(-0.5 * across * across / (width * width) - along / decay_length);
      }
      to[j][i] += static_cast<float>(sum);
    }
}

}  // namespace

std::vector<Position> bright_points(const TrainingCase& source, std::int64_t most, std::mt19937_64& random) {
  const Tensor image = source.image.contiguous();
  const std::int16_t* v = image.data_ptr<std::int16_t>();
  const std::int64_t plane = image.size(1) * image.size(2), n = image.numel();
  if (n == 0) return {};
  const double threshold = std::max(700.0, 0.75 * double(*std::max_element(v, v + n)));
  std::vector<std::int64_t> bright;
  for (std::int64_t i = 0; i < n; ++i)
    if (v[i] >= threshold) bright.push_back(i);
  if (bright.empty()) return {};
  const auto chosen = [&](const std::vector<std::int64_t>& from) {
    return from[static_cast<std::size_t>(below(random, static_cast<std::int64_t>(from.size())))];
  };
  const std::int64_t z = chosen(bright) / plane;
  std::erase_if(bright, [&](std::int64_t i) { return i / plane != z; });
  std::vector<Position> points;
  for (std::int64_t k = 1 + below(random, most); k > 0; --k) {
    const std::int64_t i = chosen(bright) % plane;
    const std::int64_t row = i / image.size(2);
    points.push_back({double(z), double(row), double(i % image.size(2))});
  }
  return points;
}

void add_streaks(Tensor& image, const std::vector<Position>& points, double hu, std::mt19937_64& random) {
  std::vector<Position> inside;
  for (const Position& p : points) {
    bool in = true;
    for (int k = 0; k < 3; ++k) in = in && p[k] > -0.5 && p[k] < double(image.size(k)) - 0.5;
    if (in) inside.push_back(p);
  }
  if (inside.empty()) return;
  Tensor pattern = torch::zeros({image.size(1), image.size(2)});
  const double height = hu * uniform(random, 0.5, 1), decay_length = uniform(random, 8, 40);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const Position* next = i + 1 < inside.size() ? &inside[i + 1] : nullptr;
    add_streaks(pattern, inside[i], random_rays(inside[i], next, random), height, decay_length);
  }
  pattern = pattern.to(image.device());
  const std::int64_t middle = std::llround(inside[0][0]);
  const std::int64_t half = below(random, 3);
  for (std::int64_t z = std::max<std::int64_t>(0, middle - half);
       z <= std::min(image.size(0) - 1, middle + half); ++z) {
    Tensor slice = image[z];
    slice.add_(pattern, 1 - std::abs(double(z - middle)) / double(half + 1)).clamp_(-1024, 3071);
  }
}

}  // namespace anatomynet::training
