#include "training/case.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <torch/torch.h>

#include "core/error.h"
#include "core/resample.h"

namespace anatomynet {
namespace {

torch::IntArrayRef shape_of(const Grid& g) {
  static thread_local std::array<std::int64_t, 3> shape;
  shape = {g.size[2], g.size[1], g.size[0]};
  return shape;
}

template <class T>
torch::Tensor to_tensor(const Volume<T>& volume, torch::ScalarType type) {
  torch::Tensor out = torch::empty(shape_of(volume.grid), type);
  std::memcpy(out.data_ptr(), volume.voxels.data(), volume.voxels.size() * sizeof(T));
  return out;
}

CtVolume rounded(const Volume<float>& in) {
  CtVolume out(in.grid);
  std::transform(in.voxels.begin(), in.voxels.end(), out.voxels.begin(),
                 [](float v) { return static_cast<std::int16_t>(std::lround(v)); });
  return out;
}

}  // namespace

TrainingCase prepare(const LabelledCase& source, const OrganTable& organs, const InputOptions& input) {
  if (!same_grid(source.ct.grid, source.labels.grid, 0.05)) {
    throw Error(ErrorKind::input, "case " + source.id + ": the labels do not lie on the CT's grid (CT " +
                                      describe(source.ct.grid) + ", labels " + describe(source.labels.grid) +
                                      ")");
  }
  const Orientation turn = nearest_orientation(source.ct.grid);
  const CtVolume ct = reorient(source.ct, turn);
  LabelVolume labels = reorient(source.labels, turn);
  labels.grid = ct.grid;
  std::array<std::uint8_t, 256> class_of{};
  for (std::size_t i = 0; i < organs.size(); ++i) class_of[organs[i].id] = static_cast<std::uint8_t>(i + 1);
  for (auto& v : labels.voxels) v = class_of[v];

  const Grid grid = with_spacing(ct.grid, input.spacing);
  TrainingCase out;
  out.id = source.id;
  out.grid = grid;
  out.image = to_tensor(rounded(resample_linear(ct, grid)), torch::kShort);
  out.labels = to_tensor(resample_labels(labels, grid), torch::kByte);
  out.annotated = torch::zeros({static_cast<std::int64_t>(organs.size()) + 1});
  std::size_t present = 0;
  for (std::size_t i = 0; i < organs.size(); ++i) {
    if (std::find(source.annotated.begin(), source.annotated.end(), organs[i].id) == source.annotated.end())
      continue;
    out.annotated[static_cast<std::int64_t>(i) + 1] = 1;
    ++present;
  }
  out.annotated[0] = present == organs.size() ? 1 : 0;
  out.truth = std::move(labels);
  return out;
}

torch::Tensor scale_hu(const torch::Tensor& hu, double hu_low, double hu_high) {
  return ((hu.to(torch::kFloat) - hu_low) / (hu_high - hu_low)).clamp(0, 1);
}

}  // namespace anatomynet
