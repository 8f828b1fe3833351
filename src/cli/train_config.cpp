#include "cli/train_config.h"

#include <array>
#include <set>
#include <string_view>

#include <toml++/toml.h>

#include "core/error.h"

namespace anatomynet::cli {
namespace {

// One table of the file: takes known keys, and afterwards complains about those that nobody took.
class Section {
 public:
  Section(const toml::table& table, std::string file, std::string name)
      : table_(table), file_(std::move(file)), name_(std::move(name)) {}

  template <class T>
  void take(std::string_view key, T& value) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto read = node->value<T>();
    if (!read) fail(*node, key, "has the wrong type");
    value = *read;
  }

  void take(std::string_view key, double& value, double low, double high) {
    take(key, value);
    check(key, value, low, high);
  }

  void take(std::string_view key, std::int64_t& value, double low, double high) {
    take(key, value);
    check(key, double(value), low, high);
  }

  template <class T>
  std::vector<T> list(std::string_view key, std::size_t length) {
    std::vector<T> values;
    const toml::node* node = find(key);
    if (!node) return values;
    if (!node->is_array()) fail(*node, key, "is not a list");
    for (const auto& item : *node->as_array()) {
      const auto read = item.value<T>();
      if (!read) fail(*node, key, "holds an item of the wrong type");
      values.push_back(*read);
    }
    if (length && values.size() != length) fail(*node, key, "needs " + std::to_string(length) + " items");
    return values;
  }

  const toml::node* find(std::string_view key) {
    known_.insert(std::string(key));
    return table_.get(key);
  }

  void finish() const {
    for (const auto& [key, node] : table_)
      if (!known_.contains(std::string(key.str()))) fail(node, key.str(), "is not a known key");
  }

  [[noreturn]] void fail(const toml::node& node, std::string_view key, const std::string& why) const {
    throw Error(ErrorKind::usage, file_ + ":" + std::to_string(node.source().begin.line) + ": " + name_ +
                                      std::string(key) + " " + why);
  }

 private:
  void check(std::string_view key, double value, double low, double high) const {
    if (value >= low && value <= high) return;
    fail(*table_.get(key), key, "must lie between " + std::to_string(low) + " and " + std::to_string(high));
  }

  const toml::table& table_;
  std::string file_, name_;
  std::set<std::string> known_;
};

const toml::table& subtable(Section& parent, const std::string& key) {
  static const toml::table empty;
  const toml::node* node = parent.find(key);
  if (!node) return empty;
  if (!node->is_table()) parent.fail(*node, key, "must be a table");
  return *node->as_table();
}

void read_input(Section section, InputOptions& input) {
  if (const auto hu = section.list<double>("hu", 2); !hu.empty()) {
    input.hu_low = hu[0];
    input.hu_high = hu[1];
    if (!(hu[0] < hu[1])) section.fail(*section.find("hu"), "hu", "must be [low, high]");
  }
  if (const auto mm = section.list<double>("spacing_mm", 3); !mm.empty()) {
    for (const double s : mm)
      if (!(s > 0.1 && s < 20))
        section.fail(*section.find("spacing_mm"), "spacing_mm", "must lie between 0.1 and 20 mm");
    input.spacing = {mm[2], mm[1], mm[0]};
  }
  section.finish();
}

void read_loss(Section section, TrainOptions& options) {
  section.take("name", options.loss);
  section.take("lambda", options.lambda, 0, 1000);
  std::string missing = options.missing == MissingAnnotation::masked ? "masked" : "marginal";
  section.take("missing", missing);
  if (missing != "masked" && missing != "marginal")
    section.fail(*section.find("missing"), "missing", "must be \"masked\" or \"marginal\"");
  options.missing = missing == "masked" ? MissingAnnotation::masked : MissingAnnotation::marginal;
  options.class_weights = section.list<double>("class_weights", 0);
  section.finish();
}

void read_augmentation(Section section, AugmentOptions& augment) {
  section.take("rotation_degrees", augment.rotation, 0, 90);
  section.take("scale", augment.scale, 0, 0.5);
  section.take("shift_hu", augment.shift_hu, 0, 500);
  section.take("contrast", augment.contrast, 0, 0.9);
  section.take("noise_hu", augment.noise_hu, 0, 500);
  section.take("blank", augment.blank, 0, 1);
  section.take("flip", augment.flip);
  section.take("organ_centred", augment.organ_centred, 0, 1);
  section.finish();
}

Phase read_phase(Section section) {
  Phase phase;
  section.take("optimiser", phase.optimiser);
  section.take("learning_rate", phase.learning_rate, 0, 100);
  phase.final_learning_rate = phase.learning_rate;
  section.take("final_learning_rate", phase.final_learning_rate, 0, 100);
  section.take("warm_up", phase.warm_up, 0, 1e6);
  section.take("epochs", phase.epochs, 1, 1e6);
  if (const auto crop = section.list<std::int64_t>("crop", 3); !crop.empty()) {
    for (const auto n : crop)
      if (n < 8 || n > 4096)
        section.fail(*section.find("crop"), "crop", "must be [depth, height, width], 8 to 4096 voxels each");
    phase.crop = {crop[2], crop[1], crop[0]};
  }
  section.finish();
  return phase;
}

}  // namespace

TrainConfig read_train_config(const std::filesystem::path& path) {
  const std::string file = path.string();
  toml::table root;
  try {
    root = toml::parse_file(file);
  } catch (const toml::parse_error& e) {
    throw Error(ErrorKind::usage, file + ":" + std::to_string(e.source().begin.line) + ": " +
                                      std::string(e.description()) +
                                      "; expected a training configuration (TOML)");
  }
  TrainConfig config;
  TrainOptions& o = config.options;
  Section top(root, file, "");
  top.take("name", o.name);
  top.take("architecture", o.architecture);
  top.take("average", o.average, 0, 0.99999);
  top.take("validate_every", o.validate_every, 1, 1e6);
  top.take("calibrate", o.calibrate, 0, 1e6);
  top.take("phantom_only", o.phantom_only);
  top.take("data", config.data);
  auto seed = static_cast<std::int64_t>(o.seed);
  top.take("seed", seed, 0, 9e18);
  o.seed = static_cast<std::uint64_t>(seed);
  std::string precision = "fp32";
  top.take("precision", precision);
  if (precision != "fp32" && precision != "bf16")
    top.fail(*top.find("precision"), "precision", "must be \"fp32\" or \"bf16\"");
  o.precision = precision == "bf16" ? Precision::bf16 : Precision::fp32;
  read_input(Section(subtable(top, "input"), file, "input."), config.input);
  read_loss(Section(subtable(top, "loss"), file, "loss."), o);
  read_augmentation(Section(subtable(top, "augmentation"), file, "augmentation."), o.augment);
  const toml::node* phases = top.find("phase");
  if (phases) {
    if (!phases->is_array_of_tables()) top.fail(*phases, "phase", "must be written as [[phase]]");
    o.phases.clear();
    for (const auto& phase : *phases->as_array())
      o.phases.push_back(read_phase(Section(*phase.as_table(), file, "phase.")));
  }
  top.finish();
  if (!config.data.empty()) config.data = (path.parent_path() / config.data).string();
  return config;
}

}  // namespace anatomynet::cli
