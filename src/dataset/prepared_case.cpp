#include "dataset/prepared_case.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/resample.h"

namespace anatomynet::dataset {
namespace {

CtVolume rounded(const Volume<float>& in) {
  CtVolume out(in.grid);
  std::transform(in.voxels.begin(), in.voxels.end(), out.voxels.begin(),
                 [](float v) { return static_cast<std::int16_t>(std::lround(v)); });
  return out;
}

}  // namespace

PreparedCase prepare_volumes(const LabelledCase& source, const OrganTable& organs,
                             const InputOptions& input) {
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
  PreparedCase out;
  out.id = source.id;
  out.image = rounded(resample_linear(ct, grid));
  out.labels = resample_labels(labels, grid);
  out.annotated.assign(organs.size() + 1, 0.0f);
  std::size_t present = 0;
  for (std::size_t i = 0; i < organs.size(); ++i) {
    if (std::find(source.annotated.begin(), source.annotated.end(), organs[i].id) == source.annotated.end())
      continue;
    const auto weight = source.weights.find(organs[i].id);
    out.annotated[i + 1] = weight == source.weights.end() ? 1.0f : weight->second;
    ++present;
    if (std::find(source.partial_extent.begin(), source.partial_extent.end(), organs[i].id) !=
        source.partial_extent.end())
      out.partial_extent.push_back(static_cast<std::uint8_t>(i + 1));
  }
  out.annotated[0] = present == organs.size() ? 1 : 0;
  out.truth = std::move(labels);
  return out;
}

LabelVolume no_truth() { return LabelVolume(Grid{.size = {1, 1, 1}}); }

}  // namespace anatomynet::dataset
