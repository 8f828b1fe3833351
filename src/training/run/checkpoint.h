#pragma once
#include <filesystem>
#include <string>

#include <torch/optim/optimizer.h>

#include "network/network.h"

namespace anatomynet::training {

/// Where a run stands. Everything random follows from the seed and these counters.
struct RunState {
  std::int64_t phase = 0, epoch_in_phase = 0, epoch = 0, step_in_epoch = 0, updates = 0;
  double best = -1;                   ///< mean validation Dice of best.safetensors
  double mean_loss = 0;               ///< running mean over about 50 updates
  std::vector<std::int64_t> skipped;  ///< positions of this epoch's order whose loss failed
};

/// Written whole or not at all. Error(output) with path and reason.
void save_checkpoint(const std::filesystem::path& path, const network::Network& network,
                     const network::Network& average, const torch::optim::Optimizer& optimiser,
                     const RunState& state);

/// The file's bytes, unchecked, to hand to another process; none where it cannot be read.
std::string read_checkpoint(const std::filesystem::path& path);

/// The phase a checkpoint stands in: the optimiser to load it into depends on it. Error(input) when it cannot
/// be read. Here and below `bytes` are those of `path`, read by this process or another.
std::int64_t peek_phase(const std::filesystem::path& path, std::string bytes);

/// Throws Error(input) when the file is missing, damaged or of another network.
void load_checkpoint(const std::filesystem::path& path, std::string bytes, network::Network& network,
                     network::Network& average, torch::optim::Optimizer& optimiser, RunState& state);
inline void load_checkpoint(const std::filesystem::path& path, network::Network& network,
                            network::Network& average, torch::optim::Optimizer& optimiser, RunState& state) {
  load_checkpoint(path, read_checkpoint(path), network, average, optimiser, state);
}

}  // namespace anatomynet::training
