#include "training/data/sampler.h"

#include <algorithm>
#include <cmath>

#include <torch/types.h>

#include "core/error.h"

namespace anatomynet::training {

std::uint64_t mixed_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  std::uint64_t h = seed;
  for (const std::uint64_t v : {a, b}) {  // splitmix64
    h += 0x9e3779b97f4a7c15ull + v;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ull;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebull;
    h ^= h >> 31;
  }
  return h;
}

namespace {

// Per training case, which organs are annotated (without the background's entry).
std::vector<std::vector<bool>> annotations(const TrainingSet& set) {
  std::vector<std::vector<bool>> all;
  for (const TrainingCase& listed : set.training) {
    const torch::Tensor given = listed.annotated.defined() ? listed.annotated : loaded(listed).annotated;
    std::vector<bool> organs(set.organs.size());
    for (std::size_t i = 0; i < organs.size(); ++i)
      organs[i] = given[static_cast<std::int64_t>(i) + 1].item<float>() > 0;
    all.push_back(std::move(organs));
  }
  return all;
}

std::vector<std::int64_t> counts_of(const std::vector<std::vector<bool>>& cases, std::size_t organs) {
  std::vector<std::int64_t> counts(organs + 1);
  for (const auto& c : cases) {
    counts[0] += std::find(c.begin(), c.end(), false) == c.end();
    for (std::size_t i = 0; i < organs; ++i) counts[i + 1] += c[i];
  }
  return counts;
}

}  // namespace

std::vector<std::int64_t> annotation_counts(const TrainingSet& set) {
  return counts_of(annotations(set), set.organs.size());
}

std::vector<std::size_t> visits_of(const TrainingSet& set, double repeat_rare) {
  std::vector<std::size_t> visits;
  if (repeat_rare <= 0) {
    for (std::size_t i = 0; i < set.training.size(); ++i) visits.push_back(i);
    return visits;
  }
  const auto cases = annotations(set);
  const auto counts = counts_of(cases, set.organs.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    double repeats = 1;
    for (std::size_t organ = 0; organ < set.organs.size(); ++organ) {
      if (!cases[i][organ]) continue;
      const double share = double(counts[organ + 1]) / double(cases.size());
      repeats = std::max(repeats, std::sqrt(repeat_rare / share));
    }
    visits.insert(visits.end(), static_cast<std::size_t>(std::lround(repeats)), i);
  }
  return visits;
}

std::vector<std::size_t> order_of(std::uint64_t seed, std::int64_t epoch, std::size_t visits) {
  std::vector<std::size_t> order(visits);
  for (std::size_t i = 0; i < visits; ++i) order[i] = i;
  for (std::size_t i = visits; i > 1; --i)
    std::swap(order[i - 1],
              order[mixed_seed(seed, 0x0de5, static_cast<std::uint64_t>(epoch) * 1000003 + i) % i]);
  return order;
}

std::vector<double> weights_by_counts(const TrainingSet& set, bool every_background) {
  auto counts = annotation_counts(set);
  const auto cases = static_cast<std::int64_t>(set.training.size());
  for (std::size_t i = 1; i < counts.size(); ++i) {
    if (counts[i] > 0) continue;
    throw Error(ErrorKind::input, "training: no training case annotates " + set.organs[i - 1].name +
                                      ", so it has no weight by counts; leave it out of the organ list");
  }
  if (every_background) counts[0] = cases;
  const auto most = *std::max_element(counts.begin(), counts.end());
  std::vector<double> weights;
  // Where no case annotates all organs, the masked rule never uses the background's weight.
  for (const auto n : counts) weights.push_back(n > 0 ? double(most) / double(n) : 1);
  return weights;
}

}  // namespace anatomynet::training
