#include "inference/dnnl_engine.h"

#include <algorithm>
#include <thread>

#include <omp.h>

#include "core/error.h"

namespace anatomynet {
namespace {

// The number of OpenMP threads while it lives.
class Threads {
 public:
  explicit Threads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

std::string text_of(const Size3& s) {
  return std::to_string(s[0]) + " x " + std::to_string(s[1]) + " x " + std::to_string(s[2]) + " voxels";
}

[[noreturn]] void out_of_memory(const Size3& size, std::int64_t needed) {
  throw Error(ErrorKind::memory, "the network ran out of memory on " + text_of(size) + ", which need about " +
                                     std::to_string(needed / 1000000) +
                                     " MB; use --memory slabs or a machine with more");
}

}  // namespace

// Scratch of oneDNN's kernels, weights in its layouts, code: beside the planned memory.
constexpr std::int64_t kept_beside = 48 << 20;

struct DnnlEngine::State {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  NetworkLayers layers;
  Arena arena;
  // The last shape's plan, for one of the two kinds of storage.
  Size3 size{};
  std::unique_ptr<DnnlVolume<float>> floats;
  std::unique_ptr<DnnlVolume<Bfloat16>> halves;

  State(const FoldedNetwork& network, Arithmetic arithmetic)
      : layers(
            network, engine,
            arithmetic == Arithmetic::fp32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16) {}
};

DnnlEngine::DnnlEngine(const Model& model, Arithmetic arithmetic, int threads)
    : arithmetic_(arithmetic),
      threads_(threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) {
  if (!cpu_has(arithmetic))
    throw Error(ErrorKind::usage, std::string("precision ") + name_of(arithmetic) +
                                      " needs instructions that this CPU lacks; it has " + cpu_text() +
                                      "; use --precision auto or fp32");
  state_ = std::make_unique<State>(fold(model), arithmetic);
}

DnnlEngine::~DnnlEngine() = default;

std::string DnnlEngine::name() const { return "onednn"; }
std::int64_t DnnlEngine::channels() const { return state_->layers.head.used; }

std::int64_t DnnlEngine::primitives_built() const {
  std::int64_t built = 0;
  for (const Convolution* c : state_->layers.convolutions()) built += c->built();
  return built;
}

std::int64_t DnnlEngine::memory_needed(const Size3& size) const {
  const std::int64_t planned = arithmetic_ == Arithmetic::fp32
                                   ? DnnlVolume<float>(state_->layers, size).bytes()
                                   : DnnlVolume<Bfloat16>(state_->layers, size).bytes();
  return planned + kept_beside;
}

void DnnlEngine::run(std::span<const float> image, const Size3& size, const LogitsSink& sink) {
  check_size(image, size);
  const Threads threads(threads_);
  State& s = *state_;
  times_.clear();
  const auto pass = [&](auto& volume) {
    using Volume = typename std::remove_reference_t<decltype(volume)>::element_type;
    if (!volume || s.size != size) volume = std::make_unique<Volume>(s.layers, size);
    s.size = size;
    volume->run(s.stream, image, s.arena.reserve(volume->bytes()), sink, times_);
  };
  try {
    if (arithmetic_ == Arithmetic::fp32) {
      pass(s.floats);
    } else {
      pass(s.halves);
    }
  } catch (const std::bad_alloc&) {
    out_of_memory(size, memory_needed(size));
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) out_of_memory(size, memory_needed(size));
    throw Error(ErrorKind::internal, std::string("oneDNN: ") + e.message + " on " + text_of(size));
  }
}

}  // namespace anatomynet
