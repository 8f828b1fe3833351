#include "training/run/checkpoint.h"

#include <fstream>
#include <sstream>

#include <torch/serialize.h>

#include "core/checksum.h"
#include "core/error.h"
#include "core/output.h"

namespace anatomynet::training {
namespace {

[[noreturn]] void unreadable(const std::filesystem::path& path) {
  const auto previous = path.parent_path() / "checkpoint.previous.pt";
  std::error_code ignored;
  throw Error(ErrorKind::input,
              path.string() + ": no checkpoint of this run (missing, damaged or of another network); " +
                  (std::filesystem::exists(previous, ignored)
                       ? "rename " + previous.filename().string() + ", the one before, to go on from there"
                       : std::string("start without --resume")));
}

// libtorch does not notice changed bytes in an archive, so the file ends in a checksum of what precedes it.
constexpr std::size_t trailer_size = sizeof(std::uint64_t);

std::string trailer_of(std::string_view bytes) {
  const std::uint64_t hash = checksum(bytes);
  return {reinterpret_cast<const char*>(&hash), trailer_size};
}

torch::serialize::InputArchive open(const std::filesystem::path& path, std::string bytes) {
  if (bytes.size() < trailer_size) unreadable(path);
  const std::string trailer = bytes.substr(bytes.size() - trailer_size);
  bytes.resize(bytes.size() - trailer_size);
  if (trailer != trailer_of(bytes)) unreadable(path);
  torch::serialize::InputArchive archive;
  try {
    archive.load_from(bytes.data(), bytes.size());
  } catch (const std::exception&) {  // c10::Error, and what the archive's readers throw beside it
    unreadable(path);
  }
  return archive;
}

// Loading a module takes over whatever shapes the archive holds: another number of organs must not pass.
void load_same_shapes(network::Network& network, torch::serialize::InputArchive& archive,
                      const std::filesystem::path& path) {
  std::vector<std::vector<std::int64_t>> shapes;
  for (const auto& [name, tensor] : network::state_of(network)) shapes.push_back(tensor.sizes().vec());
  network.load(archive);
  std::size_t i = 0;
  for (const auto& [name, tensor] : network::state_of(network))
    if (tensor.sizes() != shapes[i++]) unreadable(path);
}

torch::Tensor counters(const RunState& s) {
  std::vector<double> values{double(s.phase),   double(s.epoch_in_phase),
                             double(s.epoch),   double(s.step_in_epoch),
                             double(s.updates), s.best,
                             s.mean_loss};
  for (const auto position : s.skipped) values.push_back(double(position));
  return torch::tensor(values, torch::kDouble);
}
constexpr std::int64_t fixed_counters = 7;

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const network::Network& network,
                     const network::Network& average, const torch::optim::Optimizer& optimiser,
                     const RunState& state) {
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
  std::string file = bytes.str();
  file += trailer_of(file);
  write_file_atomically(path, file);
}

std::string read_checkpoint(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::int64_t peek_phase(const std::filesystem::path& path, std::string bytes) {
  auto archive = open(path, std::move(bytes));
  torch::Tensor state;
  if (!archive.try_read("state", state) || state.numel() < fixed_counters) unreadable(path);
  return static_cast<std::int64_t>(state[0].item<double>());
}

void load_checkpoint(const std::filesystem::path& path, std::string bytes, network::Network& network,
                     network::Network& average, torch::optim::Optimizer& optimiser, RunState& state) {
  auto archive = open(path, std::move(bytes));
  try {
    torch::serialize::InputArchive a, b, c;
    torch::Tensor s;
    archive.read("network", a);
    archive.read("average", b);
    archive.read("optimiser", c);
    archive.read("state", s);
    load_same_shapes(network, a, path);
    load_same_shapes(average, b, path);
    optimiser.load(c);
    const auto v = s.accessor<double, 1>();
    state = {std::int64_t(v[0]),
             std::int64_t(v[1]),
             std::int64_t(v[2]),
             std::int64_t(v[3]),
             std::int64_t(v[4]),
             v[5],
             v[6],
             {}};
    for (std::int64_t i = fixed_counters; i < s.numel(); ++i) state.skipped.push_back(std::int64_t(v[i]));
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    unreadable(path);
  }
}

}  // namespace anatomynet::training
