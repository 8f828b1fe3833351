#include "training/data/organ_map.h"

#include <algorithm>
#include <array>

#include <torch/torch.h>

namespace anatomynet::training {

TrainingCase with_organs(const TrainingCase& listed, const OrganTable& from, const OrganTable& to) {
  std::array<std::uint8_t, 256> class_of{};
  std::vector<std::int64_t> source(to.size() + 1, -1);
  for (std::size_t i = 0; i < from.size(); ++i)
    for (std::size_t j = 0; j < to.size(); ++j)
      if (from[i].name == to[j].name) {
        class_of[i + 1] = static_cast<std::uint8_t>(j + 1);
        source[j + 1] = static_cast<std::int64_t>(i) + 1;
      }
  TrainingCase out;
  out.id = listed.id;
  out.load = [listed, class_of, source] {
    TrainingCase c = loaded(listed);
    c.load = {};
    for (std::uint8_t& v : c.truth.voxels) v = class_of[v];
    const torch::Tensor table =
        torch::from_blob(const_cast<std::uint8_t*>(class_of.data()), {256}, torch::kByte).clone();
    c.labels = table.index({c.labels.to(torch::kLong)});
    const torch::Tensor annotated = torch::zeros({static_cast<std::int64_t>(source.size())});
    for (std::size_t j = 1; j < source.size(); ++j)
      if (source[j] > 0) annotated[static_cast<std::int64_t>(j)] = c.annotated[source[j]];
    annotated[0] = annotated.slice(0, 1).gt(0).all().item<bool>() ? 1 : 0;
    c.annotated = annotated;
    for (std::uint8_t& organ : c.partial_extent) organ = class_of[organ];
    std::erase(c.partial_extent, std::uint8_t{0});
    c.zones = annotated_zones(c.labels, c.partial_extent, annotated.numel());
    return c;
  };
  return out;
}

TrainingCase with_annotations_of(const TrainingCase& listed, const OrganTable& table,
                                 const std::vector<std::string>& organs) {
  TrainingCase out;
  out.id = listed.id;
  std::vector<std::int64_t> hidden{0};
  for (std::size_t i = 0; i < table.size(); ++i)
    if (std::find(organs.begin(), organs.end(), table[i].name) == organs.end())
      hidden.push_back(static_cast<std::int64_t>(i) + 1);
  out.load = [listed, hidden] {
    TrainingCase c = loaded(listed);
    c.load = {};
    c.annotated = c.annotated.clone();
    for (const std::int64_t i : hidden) c.annotated[i] = 0;
    return c;
  };
  return out;
}

}  // namespace anatomynet::training
