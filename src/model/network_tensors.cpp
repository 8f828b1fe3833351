#include "model/network_tensors.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "core/error.h"

namespace anatomynet::model {
namespace {

constexpr std::int64_t encoder_reduction = 15, merge_reduction = 16, last_channels = 14;

// Tensors in the order of a PyTorch state_dict's modules.
class Table {
 public:
  void add(const std::string& name, std::vector<std::int64_t> shape) {
    list_.push_back({name, std::move(shape)});
  }
  void convolution(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t kernel,
                   bool bias = false) {
    add(name + ".weight", {out, in, kernel, kernel, kernel});
    if (bias) add(name + ".bias", {out});
  }
  void upsampling(const std::string& name, std::int64_t in, std::int64_t out) {
    add(name + ".weight", {in, out, 2, 2, 2});
    add(name + ".bias", {out});
  }
  void norm(const std::string& name, std::int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      add(name + part, {channels});
  }
  std::vector<TensorSpec> take() { return std::move(list_); }

 private:
  std::vector<TensorSpec> list_;
};

struct Residual {
  std::array<std::int64_t, 4> channels{28, 30, 32, 34};
  int blocks = 2;
  bool summed = false, excitation = true;
  std::int64_t merge_shortcut = 1;
};

void excitation(Table& t, const std::string& name, std::int64_t channels, std::int64_t reduction) {
  const std::int64_t hidden = channels / reduction;
  t.add(name + ".se.fc.0.weight", {hidden, channels});
  t.add(name + ".se.fc.0.bias", {hidden});
  t.add(name + ".se.fc.2.weight", {channels, hidden});
  t.add(name + ".se.fc.2.bias", {channels});
}

// `reduction` 0: no squeeze and excitation.
void block(Table& t, const std::string& name, std::int64_t in, std::int64_t out, std::int64_t reduction,
           std::int64_t shortcut) {
  t.convolution(name + ".conv1", in, out, 3);
  t.norm(name + ".bn1", out);
  t.convolution(name + ".conv2", out, out, 3);
  t.norm(name + ".bn2", out);
  if (reduction > 0) excitation(t, name, out, reduction);
  if (in == out) return;
  t.convolution(name + ".downsample.0", in, out, shortcut);
  t.norm(name + ".downsample.1", out);
}

void stage(Table& t, const Residual& o, const std::string& name, std::int64_t in, std::int64_t out,
           int blocks) {
  for (int i = 0; i < blocks; ++i)
    block(t, name + "." + std::to_string(i), i == 0 ? in : out, out, o.excitation ? encoder_reduction : 0, 1);
}

void merge(Table& t, const Residual& o, const std::string& name, std::int64_t in, std::int64_t skip,
           std::int64_t out, std::int64_t reduction, std::int64_t shortcut) {
  if (o.summed) t.convolution(name + ".conv1x1x1", skip, in, 1, true);
  block(t, name, o.summed ? in : in + skip, out, reduction, shortcut);
}

std::vector<TensorSpec> residual(const Residual& o, std::int64_t classes) {
  Table t;
  const auto [c0, c1, c2, c3] = o.channels;
  t.convolution("conv1", 1, c0, 3);
  t.norm("bn1", c0);
  stage(t, o, "layer1", c0, c1, o.blocks);
  stage(t, o, "layer2", c1, c2, o.blocks);
  stage(t, o, "layer3", c2, c3, o.blocks);
  const std::int64_t reduction = o.excitation ? merge_reduction : 0;
  merge(t, o, "layer4", c3, c2, c2, reduction, o.merge_shortcut);
  stage(t, o, "layer5", c2, c2, o.blocks - 1);
  merge(t, o, "layer6", c2, c1, c1, reduction, o.merge_shortcut);
  stage(t, o, "layer7", c1, c1, o.blocks - 1);
  merge(t, o, "layer8", c1, c0, c0, reduction, o.merge_shortcut);
  stage(t, o, "layer9", c0, c0, o.blocks - 1);
  t.upsampling("layer10.deconv1", c0, c0 / 2);
  merge(t, o, "layer10", c0 / 2, 1, last_channels, 0, 3);
  t.convolution("layer11.0", last_channels, classes, 3, true);
  return t.take();
}

struct Plain {
  std::array<std::int64_t, 4> channels{32, 40, 48, 56};
  int poolings = 1;
};

void pair(Table& t, const std::string& name, std::int64_t in, std::int64_t middle, std::int64_t out,
          bool last) {
  t.convolution(name + ".conv.0", in, middle, 3, last);
  t.norm(name + ".conv.1", middle);
  t.convolution(name + ".conv.3", middle, out, 3, last);
  if (!last) t.norm(name + ".conv.4", out);
}

std::vector<TensorSpec> plain(const Plain& o, std::int64_t classes) {
  Table t;
  std::int64_t in = 1;
  for (std::size_t i = 0; i < 4; in = o.channels[i++])
    pair(t, "down" + std::to_string(i + 1) + ".mpconv.0", in, o.channels[i], o.channels[i], false);
  for (int i = 0; i < 4; ++i) {
    const int from = 3 - i;  // the stage whose pooling is undone
    const bool upsample = from < o.poolings;
    const std::int64_t raised = upsample ? in / 2 : in;
    const std::string name = "up" + std::to_string(i + 1);
    if (upsample) t.upsampling(name + ".up", in, raised);
    if (from == 0) {
      pair(t, name + ".conv", raised + 1, raised, classes, true);
    } else {
      const std::int64_t out = o.channels[static_cast<std::size_t>(from) - 1];
      pair(t, name + ".conv", raised + out, out, out, false);
      in = out;
    }
  }
  return t.take();
}

struct Architecture {
  std::string name;
  std::function<std::vector<TensorSpec>(std::int64_t)> tensors;
};

Architecture entry(const std::string& name, const Residual& o) {
  return {name, [o](std::int64_t classes) { return residual(o, classes); }};
}
Architecture entry(const std::string& name, const Plain& o) {
  return {name, [o](std::int64_t classes) { return plain(o, classes); }};
}

const std::vector<Architecture>& all() {
  static const std::vector<Architecture> list = {
      entry("AnatomyNet", Residual{}),
      entry("baselineSERes18Conc", Residual{}),
      entry("baselineSERes18Sum", Residual{{22, 22, 22, 22}, 3, true}),
      entry("baselineRes18Conc", Residual{{28, 32, 36, 40}, 2, false, false, 3}),
      entry("baselineRes18Sum", Residual{{22, 22, 22, 22}, 3, true, false}),
      entry("baseline", Plain{}),
      entry("baseline2Pool", Plain{{48, 96, 112, 128}, 2}),
      entry("baseline3Pool", Plain{{64, 128, 256, 288}, 3}),
      entry("baseline4Pool", Plain{{64, 128, 256, 512}, 4}),
  };
  return list;
}

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

bool is_last_layer(const std::string& name) {
  return name.starts_with("layer11.0.") || name.starts_with("up4.conv.conv.3.");
}

// "3 are missing (conv1.weight and others)"
void say(std::string& text, const std::vector<std::string>& list, const std::string& what) {
  if (list.empty()) return;
  text += (text.empty() ? "" : "; ") + std::to_string(list.size()) + (list.size() == 1 ? " is " : " are ") +
          what + " (" + list.front() + (list.size() > 1 ? " and others)" : ")");
}

std::string described(const NamedTensor& tensor) {
  return text_of(tensor.shape) + (tensor.type == ElementType::float32 ? "" : " of whole numbers");
}

std::string classes_text(std::int64_t classes) {
  return " for background and " + std::to_string(classes - 1) + (classes == 2 ? " organ" : " organs");
}

bool is_counter(const std::string& name) { return name.ends_with("num_batches_tracked"); }

}  // namespace

const std::vector<std::string>& network_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Architecture& a : all()) list.push_back(a.name);
    return list;
  }();
  return names;
}

std::vector<TensorSpec> network_tensors(const std::string& architecture, std::int64_t classes) {
  std::string known;
  for (const Architecture& a : all()) {
    if (a.name == architecture) return a.tensors(classes);
    known += (known.empty() ? "" : ", ") + a.name;
  }
  throw Error(ErrorKind::model, "unknown network architecture '" + architecture + "'; known are " + known);
}

std::string architecture_of(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, const NamedTensor*> by_name;
  for (const NamedTensor& t : tensors) by_name[t.name] = &t;
  for (const Architecture& a : all()) {
    const std::vector<TensorSpec> table = a.tensors(2);
    if (std::all_of(table.begin(), table.end(), [&](const TensorSpec& spec) {
          const auto found = by_name.find(spec.name);
          return found != by_name.end() && (found->second->shape == spec.shape || is_last_layer(spec.name));
        }))
      return a.name;
  }
  return {};
}

std::vector<NamedTensor> fit_to_network(std::vector<NamedTensor> tensors, const std::string& architecture,
                                        std::int64_t classes, const std::string& what) {
  std::map<std::string, NamedTensor*> by_name;
  for (NamedTensor& t : tensors)
    if (!is_counter(t.name)) by_name[t.name] = &t;
  std::vector<NamedTensor> fitted;
  std::vector<std::string> missing, other, surplus;
  for (const TensorSpec& spec : network_tensors(architecture, classes)) {
    const auto found = by_name.find(spec.name);
    if (found == by_name.end()) {
      missing.push_back(spec.name);
      continue;
    }
    NamedTensor& tensor = *found->second;
    if (tensor.shape != spec.shape || tensor.type != ElementType::float32)
      other.push_back(spec.name + " is " + described(tensor) + ", expected " + text_of(spec.shape) +
                      (is_last_layer(spec.name) ? classes_text(classes) : ""));
    else
      fitted.push_back(std::move(tensor));
    by_name.erase(found);
  }
  for (const auto& [name, tensor] : by_name) surplus.push_back(name);
  std::string text;
  say(text, missing, "missing");
  say(text, surplus, "unexpected");
  say(text, other, "of another shape");
  if (!text.empty())
    throw Error(ErrorKind::model, what + ": these are not the tensors of " + architecture + ": " + text);
  return fitted;
}

}  // namespace anatomynet::model
