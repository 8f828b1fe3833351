#include "training/data/packed_set.h"

#include <cmath>
#include <cstdio>
#include <memory>

#include <torch/torch.h>

#include "core/error.h"
#include "dataset/packed_file.h"

namespace anatomynet::training {
namespace {

template <class T>
std::vector<T> values(const torch::Tensor& tensor) {
  const torch::Tensor dense = tensor.contiguous();
  const T* first = dense.data_ptr<T>();
  return {first, first + dense.numel()};
}

dataset::PreparedCase to_prepared(const TrainingCase& c) {
  dataset::PreparedCase out{c.id, {}, {}, values<float>(c.annotated), c.truth};
  out.image.grid = out.labels.grid = c.grid;
  out.image.voxels = values<std::int16_t>(c.image);
  out.labels.voxels = values<std::uint8_t>(c.labels);
  out.partial_extent = c.partial_extent;
  return out;
}

std::string spacing_text(const Vec3& mm) {
  char text[80];
  std::snprintf(text, sizeof text, "%g x %g x %g mm", mm[0], mm[1], mm[2]);
  return text;
}

}  // namespace

void write_packed_set(const std::filesystem::path& path, const TrainingSet& set) {
  dataset::PackedWriter writer({set.organs, set.input, set.description, set.attribution});
  for (const auto& c : set.training) writer.add(to_prepared(loaded(c)), false);
  for (const auto& c : set.validation) writer.add(to_prepared(loaded(c)), true);
  writer.write(path);
}

TrainingSet read_packed_set(const std::filesystem::path& path) {
  const auto file = std::make_shared<const dataset::PackedFile>(path);
  const dataset::PackedDescription& about = file->about();
  TrainingSet set{about.organs, about.input, about.description, about.attribution, {}, {}};
  for (const bool validation : {false, true})
    for (const std::string& id : file->ids(validation)) {
      auto& list = validation ? set.validation : set.training;
      TrainingCase c;
      c.id = id;
      c.load = [file, validation, index = list.size()] { return to_tensors(file->read(validation, index)); };
      list.push_back(std::move(c));
    }
  return set;
}

TrainingSet read_packed_set(const std::filesystem::path& path, const dataset::InputOptions& input) {
  TrainingSet set = read_packed_set(path);
  for (std::size_t k = 0; k < 3; ++k)
    if (std::abs(set.input.spacing[k] - input.spacing[k]) > 1e-9)
      throw Error(ErrorKind::input, path.string() + ": packed at " + spacing_text(set.input.spacing) +
                                        ", the configuration asks for " + spacing_text(input.spacing) +
                                        "; pack the data set at that spacing");
  set.input = input;
  return set;
}

}  // namespace anatomynet::training
