#include "inference/onednn/dnnl_engine.h"

#include <new>

#include <omp.h>

#include "core/cpus.h"
#include "core/error.h"
#include "core/memory.h"
#include "inference/engine_notes.h"
#include "inference/make_engine.h"
#include "inference/onednn/dnnl_volume.h"

namespace anatomynet::inference {
namespace {

// The number of OpenMP threads while it lives. Throws Error(memory) where they cannot be had.
class Threads {
 public:
  explicit Threads(int threads) : before_(omp_get_max_threads()) { start_openmp_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

std::string text_of(const Size3& s) {
  return std::to_string(s[0]) + " x " + std::to_string(s[1]) + " x " + std::to_string(s[2]) + " voxels";
}

// Calls `work`; a lack of memory, its own or oneDNN's, becomes Error(memory) with what `lacking` says.
template <class Work, class Text>
void with_memory(Work work, Text lacking) {
  try {
    work();
    return;
  } catch (const std::bad_alloc&) {
  } catch (const dnnl::error& e) {
    if (e.status != dnnl_out_of_memory) throw Error(ErrorKind::internal, std::string("oneDNN: ") + e.message);
  }
  throw Error(ErrorKind::memory, lacking());
}

}  // namespace

// Weights in oneDNN's layouts, its kernels' code and small scratch: beside the planned memory.
constexpr std::int64_t fixed_overhead_bytes = 64 << 20;
// For weights and oneDNN's first objects, which it does not make safely where memory ends.
constexpr std::int64_t room_to_load = 32 << 20;

struct DnnlEngine::State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  NetworkLayers layers;
  Arena arena;
  // The last shape's plan, for one of the two kinds of storage.
  Size3 size{};
  bool slabs = false;
  std::unique_ptr<DnnlVolume<float>> floats;
  std::unique_ptr<DnnlVolume<Bfloat16>> halves;

  bool in_floats;  // how activations are stored

  State(const FoldedNetwork& network, bool as_floats, const std::map<std::string, Int8Block>& int8,
        bool tiled)
      : layers(network, engine, as_floats ? ValueType::f32 : ValueType::bf16, int8, tiled),
        in_floats(as_floats) {}
};

DnnlEngine::DnnlEngine(const model::Model& model, Arithmetic arithmetic, int threads,
                       const std::string& memory, std::int64_t memory_limit, Tiles tiles)
    : arithmetic_(arithmetic),
      threads_(threads > 0 ? threads : usable_cpus()),
      memory_(memory),
      memory_limit_(memory_limit) {
  if (memory != "auto" && memory != "whole" && memory != "slabs")
    throw Error(ErrorKind::usage, "unknown memory '" + memory + "'; known are auto, whole, slabs");
  limit_onednn();
  if (!cpu_has(arithmetic))
    throw Error(ErrorKind::usage, std::string("precision ") + name_of(arithmetic) +
                                      " needs instructions that this CPU lacks; it has " + cpu_text() +
                                      "; use --precision auto or fp32");
  std::map<std::string, Int8Block> int8;
  if (arithmetic == Arithmetic::int8) {
    int8 = read_notes(model).int8;
    if (int8.empty())
      throw Error(ErrorKind::usage, "model " + model.info.name +
                                        " is not calibrated for int8; make a calibrated weights file with "
                                        "anatomynet quantise, or use --precision auto or bf16");
  }
  const bool whole_numbers = arithmetic == Arithmetic::int8,
             tiled = arithmetic != Arithmetic::fp32 &&
                     (tiles == Tiles::amx || cpu_has_tiles() || (whole_numbers && max_isa() == Isa::generic)),
             floats = arithmetic == Arithmetic::fp32 || (whole_numbers && !tiled && !onednn_has_bf16());
  with_memory(
      [&] {
        require_addresses(room_to_load);
        state_ = std::make_unique<State>(fold(model), floats, int8, tiled);
      },
      [&] {
        return "the weights of model " + model.info.name + " do not fit in memory; use a machine with more";
      });
  const Threads started(threads_);
}

DnnlEngine::~DnnlEngine() = default;

std::string DnnlEngine::name() const { return "onednn"; }
std::int64_t DnnlEngine::channels() const { return state_->layers.classes; }

std::int64_t DnnlEngine::primitives_built() const {
  std::int64_t built = 0;
  for (const Convolution* c : state_->layers.convolutions()) built += c->built();
  return built;
}

std::int64_t DnnlEngine::planned(const Size3& size, bool in_slabs) const {
  NetworkLayers& layers = state_->layers;
  if (state_->in_floats) return fixed_overhead_bytes + DnnlVolume<float>(layers, size, in_slabs).bytes();
  return fixed_overhead_bytes + DnnlVolume<Bfloat16>(layers, size, in_slabs).bytes();
}

// What this engine itself holds from an earlier run counts as available to it.
bool DnnlEngine::in_slabs(const Size3& size) const {
  if (memory_ != "auto") return memory_ == "slabs";
  const std::int64_t needed = planned(size, false), available = available_memory();
  return (memory_limit_ > 0 && needed > memory_limit_) ||
         (available > 0 && needed > available + state_->arena.bytes());
}

std::int64_t DnnlEngine::memory_needed(const Size3& size) const { return planned(size, in_slabs(size)); }

template <class Volume>
void DnnlEngine::prepare(std::unique_ptr<Volume>& volume, const Size3& size) {
  State& s = *state_;
  const bool slabs = in_slabs(size);
  if (volume && s.size == size && s.slabs == slabs) return;
  volume.reset();
  auto made = std::make_unique<Volume>(s.layers, size, slabs);
  s.arena.reserve(made->bytes());
  made->prepare();
  volume = std::move(made);
  s.slabs = slabs;
  s.size = size;
}

void DnnlEngine::run(std::span<const float> image, const Size3& size, const LogitsSink& sink) {
  check_size(image, size);
  const Threads threads(threads_);
  State& s = *state_;
  times_.clear();
  const auto pass = [&](auto& volume) {
    prepare(volume, size);
    volume->watch(watcher_);
    volume->watch_steps(steps_);
    volume->run(s.stream, image, s.arena.reserve(volume->bytes()), sink, times_);
  };
  with_memory([&] { s.in_floats ? pass(s.floats) : pass(s.halves); },
              [&] {
                return "the network ran out of memory on " + text_of(size) + ", which need about " +
                       std::to_string(memory_needed(size) / 1000000) +
                       " MB; use --memory slabs or a machine with more";
              });
}

std::string DnnlEngine::instructions() const { return name_of(max_isa()); }

std::string DnnlEngine::proof() const {
  return arithmetic_ == Arithmetic::bf16 ? bf16_proof(state_->layers.tiled) : name_of(arithmetic_);
}

void DnnlEngine::release() {
  State& s = *state_;
  s.floats.reset();
  s.halves.reset();
  s.arena.release();
  for (Convolution* c : s.layers.convolutions()) c->forget();
}

bool onednn_is_built() { return true; }

std::unique_ptr<Engine> make_onednn_engine(const model::Model& model, Arithmetic arithmetic,
                                           const EngineOptions& options) {
  return std::make_unique<DnnlEngine>(model, arithmetic, options.threads, options.memory,
                                      options.memory_limit);
}

}  // namespace anatomynet::inference
