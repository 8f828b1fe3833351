#pragma once
#include <cstdint>
#include <vector>

#include "training/data/packed_set.h"

namespace anatomynet::training {

/// One seed of three numbers: neighbouring seeds, epochs and cases give unrelated streams.
std::uint64_t mixed_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b);

/// In how many training cases each class is annotated; [0] counts those where all organs are.
std::vector<std::int64_t> annotation_counts(const TrainingSet& set);

/// The cases that one epoch visits, by index, before they are shuffled. With `repeat_rare` = t > 0 a case is
/// listed round(max(1, sqrt(t / f))) times, f being the share of cases that annotate its rarest annotated
/// organ (repeat factor sampling, Gupta et al. 2019): what few cases annotate is seen more often.
std::vector<std::size_t> visits_of(const TrainingSet& set, double repeat_rare);

/// The order in which epoch `epoch` goes through `visits` (their positions, shuffled by seed and epoch).
std::vector<std::size_t> order_of(std::uint64_t seed, std::int64_t epoch, std::size_t visits);

/// Class weights by annotation counts, background first: cases / (cases that annotate the class), scaled so
/// that the smallest is 1 (reference page, "Loss"). `every_background`: each case has a background (all rules
/// but the masked one). Error(input) naming an organ that no training case annotates.
std::vector<double> weights_by_counts(const TrainingSet& set, bool every_background);

}  // namespace anatomynet::training
