#pragma once
#include <cmath>

#include <torch/torch.h>

#include "training/data/case.h"
#include "training/data/packed_set.h"

namespace anatomynet::test {

/// Organs 1 + 0 and 1 + 1 are a pair of sides, the third stands alone.
inline OrganTable three_organs() {
  return {*find_organ(standard_organs(), "Parotid_L"), *find_organ(standard_organs(), "Parotid_R"),
          *find_organ(standard_organs(), "Brainstem")};
}

/// A body of 0 HU in air with a large ball (class 1, 300 HU) on its left and a small one (class 2, 300 HU) on
/// its right, axes along L, P, S: no two directions of it look alike. `shift` moves the balls.
inline training::TrainingCase lopsided_case(const std::string& id, const Size3& size, int organs,
                                            double shift = 0) {
  training::TrainingCase c;
  c.id = id;
  c.grid.size = size;
  c.image = torch::full({size[2], size[1], size[0]}, -1000, torch::kShort);
  c.labels = torch::zeros({size[2], size[1], size[0]}, torch::kByte);
  auto image = c.image.accessor<std::int16_t, 3>();
  auto labels = c.labels.accessor<std::uint8_t, 3>();
  const auto ball = [&](double x, double y, double z, double radius, std::int64_t i, std::int64_t j,
                        std::int64_t k) {
    return std::hypot(double(i) - x * double(size[0]), double(j) - y * double(size[1]),
                      double(k) - z * double(size[2])) < radius * double(size[0]);
  };
  for (std::int64_t k = 0; k < size[2]; ++k)
    for (std::int64_t j = 0; j < size[1]; ++j)
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (i > 0 && j > 0 && k > 0 && i < size[0] - 1 && j < size[1] - 2 && k < size[2] - 1)
          image[k][j][i] = 0;
        if (ball(0.7 + shift, 0.4, 0.5, 0.2, i, j, k)) labels[k][j][i] = 1;
        if (organs > 1 && ball(0.25 + shift, 0.6, 0.4, 0.13, i, j, k)) labels[k][j][i] = 2;
        if (labels[k][j][i]) image[k][j][i] = 300;
      }
  c.annotated = torch::ones({organs + 1});
  c.truth = LabelVolume(c.grid);
  std::memcpy(c.truth.voxels.data(), c.labels.data_ptr(), c.truth.voxels.size());
  return c;
}

inline training::TrainingSet small_set(std::size_t training, std::size_t validation, int organs = 2) {
  training::TrainingSet set;
  const OrganTable all = three_organs();
  set.organs.assign(all.begin(), all.begin() + organs);
  set.description = "balls";
  set.attribution = "nobody";
  for (std::size_t i = 0; i < training; ++i)
    set.training.push_back(
        lopsided_case("train" + std::to_string(i), {12, 12, 12}, organs, 0.05 * double(i)));
  for (std::size_t i = 0; i < validation; ++i)
    set.validation.push_back(
        lopsided_case("valid" + std::to_string(i), {12, 11, 10}, organs, -0.03 * double(i)));
  return set;
}

}  // namespace anatomynet::test
