#include "training/data/case.h"

#include <cstring>

#include <torch/torch.h>

namespace anatomynet::training {
namespace {

template <class T>
torch::Tensor to_tensor(const Volume<T>& volume, torch::ScalarType type) {
  const Size3& s = volume.grid.size;
  torch::Tensor out = torch::empty({s[2], s[1], s[0]}, type);
  std::memcpy(out.data_ptr(), volume.voxels.data(), volume.voxels.size() * sizeof(T));
  return out;
}

}  // namespace

AnnotatedZones annotated_zones(const torch::Tensor& labels, const std::vector<std::uint8_t>& partial,
                               std::int64_t classes) {
  if (partial.empty()) return {};
  const std::int64_t slices = labels.size(0);
  const torch::Tensor of_slices = torch::ones({slices, classes}, torch::kBool);
  for (const std::uint8_t c : partial) {
    const torch::Tensor held = (labels == int(c)).flatten(1).any(1).nonzero();
    of_slices.select(1, c).fill_(false);
    if (held.numel() == 0) continue;
    const auto first = held[0].item<std::int64_t>(), last = held[-1].item<std::int64_t>();
    of_slices.select(1, c).slice(0, first, last + 1).fill_(true);
  }
  AnnotatedZones zones{torch::zeros({slices}, torch::kByte), torch::ones({1, classes}, torch::kBool)};
  for (std::int64_t z = 0; z < slices; ++z) {
    std::int64_t zone = 0;
    while (zone < zones.known.size(0) && !zones.known[zone].equal(of_slices[z])) ++zone;
    if (zone == zones.known.size(0)) zones.known = torch::cat({zones.known, of_slices[z].unsqueeze(0)});
    zones.of_slice[z] = static_cast<std::uint8_t>(zone);
  }
  return zones;
}

TrainingCase loaded(const TrainingCase& c) { return c.load ? c.load() : c; }

TrainingCase to_tensors(dataset::PreparedCase prepared) {
  TrainingCase out;
  out.id = std::move(prepared.id);
  out.grid = prepared.image.grid;
  out.image = to_tensor(prepared.image, torch::kShort);
  out.labels = to_tensor(prepared.labels, torch::kByte);
  out.annotated = torch::tensor(prepared.annotated);
  out.zones = annotated_zones(out.labels, prepared.partial_extent, out.annotated.numel());
  out.partial_extent = std::move(prepared.partial_extent);
  out.truth = std::move(prepared.truth);
  return out;
}

TrainingCase prepare(const dataset::LabelledCase& source, const OrganTable& organs,
                     const dataset::InputOptions& input) {
  return to_tensors(dataset::prepare_volumes(source, organs, input));
}

torch::Tensor scale_hu(const torch::Tensor& hu, double hu_low, double hu_high) {
  return ((hu.to(torch::kFloat) - hu_low) / (hu_high - hu_low)).clamp(0, 1);
}

}  // namespace anatomynet::training
