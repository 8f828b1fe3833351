#include "inference/folded_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/error.h"

namespace anatomynet::inference {
namespace {

constexpr double epsilon = 1e-5;  // of the batch norms

struct Known {
  std::string name;
  float slope;
};

const std::vector<Known>& known() {
  static const std::vector<Known> all = {{"AnatomyNet", 0.01f},
                                         {"baselineSERes18Conc", 0},
                                         {"baselineSERes18Sum", 0},
                                         {"baselineRes18Conc", 0},
                                         {"baselineRes18Sum", 0}};
  return all;
}

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

// Reads tensors by name and remembers which were asked for.
class Reader {
 public:
  explicit Reader(const model::Model& model)
      : model_(model), what_("model " + model.info.name + " (" + model.info.architecture + ")") {}

  bool has(const std::string& name) const { return model_.weights.find(name) != nullptr; }

  const model::NamedTensor& tensor(const std::string& name) {
    read_.insert(name);
    const model::NamedTensor* found = model_.weights.find(name);
    if (!found) fail("tensor " + name + " is missing; are these weights of another network?");
    return *found;
  }

  // -1 stands for any size.
  std::vector<float> values(const std::string& name, const std::vector<std::int64_t>& expected) {
    const model::NamedTensor& t = tensor(name);
    const bool fits = t.type == model::ElementType::float32 && t.shape.size() == expected.size() &&
                      std::equal(t.shape.begin(), t.shape.end(), expected.begin(), [](auto got, auto wanted) {
                        return got > 0 && (wanted < 0 || got == wanted);
                      });
    if (!fits)
      fail("tensor " + name + " has shape " + text_of(t.shape) + ", expected float32 " + text_of(expected));
    std::vector<float> list(static_cast<std::size_t>(t.count()));
    std::memcpy(list.data(), t.bytes.data(), t.bytes.size());
    return list;
  }

  std::int64_t size(const std::string& name, std::size_t axis) {
    const model::NamedTensor& t = tensor(name);
    if (t.shape.size() <= axis)
      fail("tensor " + name + " has shape " + text_of(t.shape) + ", which has too few axes");
    return t.shape[axis];
  }

  void refuse_left_over() const {
    for (const model::NamedTensor& t : model_.weights.tensors)
      if (!read_.contains(t.name) && !t.name.ends_with("num_batches_tracked"))
        fail("tensor " + t.name + " does not belong to this architecture");
  }

  [[noreturn]] void fail(const std::string& why) const { throw Error(ErrorKind::model, what_ + ": " + why); }

 private:
  const model::Model& model_;
  std::string what_;
  std::set<std::string> read_;
};

FoldedConvolution convolution(Reader& from, const std::string& name, std::int64_t in, std::int64_t out,
                              std::int64_t kernel, bool bias) {
  FoldedConvolution c{name, in, out, kernel, {}, {}};
  c.out = from.size(name + ".weight", 0);
  if (out > 0 && c.out != out)
    from.fail("tensor " + name + ".weight makes " + std::to_string(c.out) + " channels, expected " +
              std::to_string(out));
  c.weights = from.values(name + ".weight", {c.out, in, kernel, kernel, kernel});
  c.bias = bias ? from.values(name + ".bias", {c.out}) : std::vector<float>(static_cast<std::size_t>(c.out));
  return c;
}

void fold_norm(Reader& from, const std::string& norm, FoldedConvolution& c) {
  const auto gamma = from.values(norm + ".weight", {c.out}), beta = from.values(norm + ".bias", {c.out}),
             mean = from.values(norm + ".running_mean", {c.out}),
             variance = from.values(norm + ".running_var", {c.out});
  const std::size_t each = c.weights.size() / static_cast<std::size_t>(c.out);
  for (std::size_t o = 0; o < gamma.size(); ++o) {
    if (!(variance[o] >= 0)) from.fail("tensor " + norm + ".running_var holds a negative variance");
    const double scale = double(gamma[o]) / std::sqrt(double(variance[o]) + epsilon);
    for (std::size_t i = o * each; i < (o + 1) * each; ++i)
      c.weights[i] = static_cast<float>(double(c.weights[i]) * scale);
    c.bias[o] = static_cast<float>(double(beta[o]) + (double(c.bias[o]) - double(mean[o])) * scale);
  }
}

FoldedConvolution normed(Reader& from, const std::string& name, const std::string& norm, std::int64_t in,
                         std::int64_t out, std::int64_t kernel) {
  FoldedConvolution c = convolution(from, name, in, out, kernel, false);
  fold_norm(from, norm, c);
  return c;
}

// `shortcut_kernel`: 0 reads it from the tensor (1 or 3).
FoldedBlock block(Reader& from, const std::string& name, std::int64_t in) {
  FoldedBlock b;
  b.name = name;
  b.conv1 = normed(from, name + ".conv1", name + ".bn1", in, 0, 3);
  const std::int64_t out = b.conv1.out;
  b.conv2 = normed(from, name + ".conv2", name + ".bn2", out, out, 3);
  if (from.has(name + ".se.fc.0.weight")) {
    Excitation e;
    e.hidden = from.size(name + ".se.fc.0.weight", 0);
    e.first = from.values(name + ".se.fc.0.weight", {e.hidden, out});
    e.first_bias = from.values(name + ".se.fc.0.bias", {e.hidden});
    e.second = from.values(name + ".se.fc.2.weight", {out, e.hidden});
    e.second_bias = from.values(name + ".se.fc.2.bias", {out});
    b.excitation = std::move(e);
  }
  if (in != out) {
    const std::int64_t kernel = from.size(name + ".downsample.0.weight", 2);
    if (kernel != 1 && kernel != 3)
      from.fail("tensor " + name + ".downsample.0.weight is no convolution of 1 or 3");
    b.shortcut = normed(from, name + ".downsample.0", name + ".downsample.1", in, out, kernel);
  }
  return b;
}

FoldedBlock merging(Reader& from, const std::string& name, std::int64_t in, std::int64_t skip) {
  if (!from.has(name + ".conv1x1x1.weight")) return block(from, name, in + skip);
  FoldedBlock b = block(from, name, in);
  b.skip = convolution(from, name + ".conv1x1x1", skip, in, 1, true);
  return b;
}

std::vector<FoldedBlock> stage(Reader& from, const std::string& name, std::int64_t in) {
  std::vector<FoldedBlock> blocks;
  for (int i = 0; from.has(name + "." + std::to_string(i) + ".conv1.weight") || i == 0; ++i) {
    blocks.push_back(block(from, name + "." + std::to_string(i), in));
    in = blocks.back().out();
  }
  return blocks;
}

}  // namespace

std::vector<float> Excitation::scales(const std::vector<double>& means, float slope) const {
  const std::size_t c = means.size();
  std::vector<float> middle(first_bias), out(second_bias);
  for (std::size_t h = 0; h < middle.size(); ++h) {
    for (std::size_t i = 0; i < c; ++i) middle[h] += first[h * c + i] * static_cast<float>(means[i]);
    middle[h] = middle[h] > 0 ? middle[h] : slope * middle[h];
  }
  for (std::size_t i = 0; i < c; ++i) {
    for (std::size_t h = 0; h < middle.size(); ++h) out[i] += second[i * middle.size() + h] * middle[h];
    out[i] = 1 / (1 + std::exp(-out[i]));
  }
  return out;
}

double FoldedNetwork::multiply_adds(std::int64_t half_voxels) const {
  const auto of = [](const FoldedConvolution& c) { return double(c.weights.size()); };
  const auto of_block = [&](const FoldedBlock& b) {
    return of(b.conv1) + of(b.conv2) + (b.shortcut ? of(*b.shortcut) : 0) + (b.skip ? of(*b.skip) : 0);
  };
  double each = of(stem) + double(upsampling.weights.size()) + 8 * (of_block(last) + of(head));
  for (const auto& s : stages)
    for (const FoldedBlock& b : s) each += of_block(b);
  return each * double(half_voxels);
}

const std::vector<std::string>& foldable_architectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Known& k : known()) list.push_back(k.name);
    return list;
  }();
  return names;
}

bool can_fold(const std::string& architecture) {
  const auto& names = foldable_architectures();
  return std::find(names.begin(), names.end(), architecture) != names.end();
}

FoldedNetwork fold(const model::Model& model) {
  Reader from(model);
  FoldedNetwork n;
  const auto entry = std::find_if(known().begin(), known().end(),
                                  [&](const Known& k) { return k.name == model.info.architecture; });
  if (entry == known().end())
    from.fail("the oneDNN engine does not know this architecture; use the torch engine");
  n.slope = entry->slope;
  n.stem = normed(from, "conv1", "bn1", 1, 0, 3);
  std::int64_t at = n.stem.out;
  std::vector<std::int64_t> skips{at};
  for (const char* name : {"layer1", "layer2", "layer3"}) {
    n.stages.push_back(stage(from, name, at));
    skips.push_back(at = n.stages.back().back().out());
  }
  skips.pop_back();
  for (int i = 4; i <= 8; i += 2) {
    std::vector<FoldedBlock> blocks{merging(from, "layer" + std::to_string(i), at, skips.back())};
    skips.pop_back();
    for (FoldedBlock& b : stage(from, "layer" + std::to_string(i + 1), blocks.back().out()))
      blocks.push_back(std::move(b));
    at = blocks.back().out();
    n.stages.push_back(std::move(blocks));
  }
  n.upsampling.in = at;
  n.upsampling.out = from.size("layer10.deconv1.weight", 1);
  n.upsampling.weights = from.values("layer10.deconv1.weight", {at, n.upsampling.out, 2, 2, 2});
  n.upsampling.bias = from.values("layer10.deconv1.bias", {n.upsampling.out});
  n.last = merging(from, "layer10", n.upsampling.out, 1);
  n.head = convolution(from, "layer11.0", n.last.out(),
                       static_cast<std::int64_t>(model.info.organs.size()) + 1, 3, true);
  from.refuse_left_over();
  return n;
}

}  // namespace anatomynet::inference
