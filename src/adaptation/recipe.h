#pragma once
#include <filesystem>

#include "model/model_file.h"
#include "training/run/trainer.h"

namespace anatomynet::adaptation {

/// One training of an adaptation: which organs are learnt from the local contours, and how firmly the others
/// are kept.
struct Recipe {
  std::vector<std::string> learnt, kept;  ///< TG-263 names; kept: all others of the weights before
  double keep = 10;                       ///< weight of the distillation term
  std::int64_t steps = 0;                 ///< 0: by the number of cases
  std::uint64_t seed = 1;
  Size3 largest{1024, 1024, 1024};  ///< voxels x y z of the prepared images: no crop is larger
};

/// Steps for a number of training cases: 16 an epoch's worth each, 120 at least, 400 at most.
std::int64_t steps_for(std::size_t cases);

/// The layers that are held: the first third of the network's, in the order in which it has them.
std::vector<std::string> held_layers(const std::string& architecture);

/// What `train` is told: norms frozen, small rates, early layers held, the organs that are not learnt kept.
/// `table`: the organs of the training set.
training::TrainOptions options_of(const Recipe& recipe, const model::ModelInfo& parent,
                                  const std::filesystem::path& weights, const OrganTable& table,
                                  std::size_t cases);

}  // namespace anatomynet::adaptation
