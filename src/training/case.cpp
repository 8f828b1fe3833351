#include "training/case.h"

#include <cstring>

#include <torch/torch.h>

namespace anatomynet {
namespace {

template <class T>
torch::Tensor to_tensor(const Volume<T>& volume, torch::ScalarType type) {
  const Size3& s = volume.grid.size;
  torch::Tensor out = torch::empty({s[2], s[1], s[0]}, type);
  std::memcpy(out.data_ptr(), volume.voxels.data(), volume.voxels.size() * sizeof(T));
  return out;
}

}  // namespace

TrainingCase loaded(const TrainingCase& c) { return c.load ? c.load() : c; }

TrainingCase to_tensors(PreparedCase prepared) {
  TrainingCase out;
  out.id = std::move(prepared.id);
  out.grid = prepared.image.grid;
  out.image = to_tensor(prepared.image, torch::kShort);
  out.labels = to_tensor(prepared.labels, torch::kByte);
  out.annotated = torch::tensor(prepared.annotated);
  out.truth = std::move(prepared.truth);
  return out;
}

TrainingCase prepare(const LabelledCase& source, const OrganTable& organs, const InputOptions& input) {
  return to_tensors(prepare_volumes(source, organs, input));
}

torch::Tensor scale_hu(const torch::Tensor& hu, double hu_low, double hu_high) {
  return ((hu.to(torch::kFloat) - hu_low) / (hu_high - hu_low)).clamp(0, 1);
}

}  // namespace anatomynet
