#include "training/checkpoint.h"

#include <sstream>

#include <torch/serialize.h>

#include "core/error.h"
#include "core/output.h"

namespace anatomynet {
namespace {

[[noreturn]] void unreadable(const std::filesystem::path& path) {
  throw Error(
      ErrorKind::input,
      path.string() +
          ": no checkpoint of this run (missing, damaged or of another network); start without --resume");
}

torch::serialize::InputArchive open(const std::filesystem::path& path) {
  torch::serialize::InputArchive archive;
  try {
    archive.load_from(path.string());
  } catch (const c10::Error&) {
    unreadable(path);
  }
  return archive;
}

torch::Tensor counters(const RunState& s) {
  return torch::tensor({double(s.phase), double(s.epoch_in_phase), double(s.epoch), double(s.step_in_epoch),
                        double(s.updates), s.best},
                       torch::kDouble);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Network& network, const Network& average,
                     const torch::optim::Optimizer& optimiser, const RunState& state) {
  torch::serialize::OutputArchive archive, a, b, c;
  network.save(a);
  average.save(b);
  optimiser.save(c);
  archive.write("network", a);
  archive.write("average", b);
  archive.write("optimiser", c);
  archive.write("state", counters(state));
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file_atomically(path, bytes.str());
}

std::int64_t peek_phase(const std::filesystem::path& path) {
  auto archive = open(path);
  torch::Tensor state;
  if (!archive.try_read("state", state) || state.numel() != 6) unreadable(path);
  return static_cast<std::int64_t>(state[0].item<double>());
}

void load_checkpoint(const std::filesystem::path& path, Network& network, Network& average,
                     torch::optim::Optimizer& optimiser, RunState& state) {
  auto archive = open(path);
  try {
    torch::serialize::InputArchive a, b, c;
    torch::Tensor s;
    archive.read("network", a);
    archive.read("average", b);
    archive.read("optimiser", c);
    archive.read("state", s);
    network.load(a);
    average.load(b);
    optimiser.load(c);
    const auto v = s.accessor<double, 1>();
    state = {std::int64_t(v[0]), std::int64_t(v[1]), std::int64_t(v[2]),
             std::int64_t(v[3]), std::int64_t(v[4]), v[5]};
  } catch (const c10::Error&) {
    unreadable(path);
  }
}

}  // namespace anatomynet
