#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <anatomynet/error.hpp>

namespace anatomynet {
inline namespace v0 {

/// An organ that a model draws.
struct Organ {
  int id = 0;                  ///< the value in label maps
  std::string name;            ///< TG-263
  std::string snomed_code;     ///< SNOMED CT concept
  std::string snomed_meaning;  ///< "Parotid gland"
  anatomynet_side side = ANATOMYNET_NO_SIDE;
  std::array<std::uint8_t, 3> colour{};  ///< RGB
  double validation_dice = 0;            ///< NaN where the weights file has none
};

struct ModelOptions {
  std::string precision;          ///< "auto" (where empty), "fp32", "bf16", "int8"
  std::int64_t memory_limit = 0;  ///< bytes; 0: what the machine has
  int threads = 0;                ///< 0: all CPUs that the process may use
};

/// A weights file, ready to contour. Moves, and can be used from several threads, one contouring at a time.
class Model {
 public:
  explicit Model(const std::string& path, const ModelOptions& how = {}) {
    const anatomynet_model_options options = to_c(how);
    anatomynet_model* model = nullptr;
    detail::check(anatomynet_model_open(path.c_str(), &options, &model));
    model_.reset(model);
  }
  /// Of a weights file's bytes, which are not needed afterwards.
  explicit Model(std::span<const std::byte> bytes, const ModelOptions& how = {}) {
    const anatomynet_model_options options = to_c(how);
    anatomynet_model* model = nullptr;
    detail::check(anatomynet_model_open_memory(bytes.data(), bytes.size(), &options, &model));
    model_.reset(model);
  }

  std::string name() const { return anatomynet_model_name(c()); }
  std::string id() const { return anatomynet_model_id(c()); }
  std::string precision() const { return anatomynet_model_precision(c()); }
  bool phantom_only() const { return anatomynet_model_phantom_only(c()) != 0; }
  std::string training_data() const { return anatomynet_model_training_data(c()); }
  std::string attribution() const { return anatomynet_model_attribution(c()); }
  std::string evidence() const { return anatomynet_model_evidence(c()); }  ///< JSON
  void release_memory() { anatomynet_model_release_memory(c()); }

  std::vector<Organ> organs() const {
    std::vector<Organ> all;
    for (std::size_t i = 0; i < anatomynet_model_organ_count(c()); ++i) {
      anatomynet_organ from{};
      from.size = sizeof from;
      detail::check(anatomynet_model_organ(c(), i, &from));
      all.push_back({from.id,
                     from.name,
                     from.snomed_code,
                     from.snomed_meaning,
                     from.side,
                     {from.colour[0], from.colour[1], from.colour[2]},
                     from.validation_dice});
    }
    return all;
  }
  anatomynet_model* c() const { return model_.get(); }

 private:
  static anatomynet_model_options to_c(const ModelOptions& how) {
    anatomynet_model_options options{};
    options.size = sizeof options;
    options.precision = detail::or_null(how.precision);
    options.memory_limit = how.memory_limit;
    options.threads = how.threads;
    return options;
  }
  struct Close {
    void operator()(anatomynet_model* model) const { anatomynet_model_close(model); }
  };
  std::unique_ptr<anatomynet_model, Close> model_;
};

}  // namespace v0
}  // namespace anatomynet
