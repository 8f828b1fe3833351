#include "cli/train/launch_environment.h"

#include <array>
#include <charconv>

#include <unistd.h>

#include "core/error.h"

namespace anatomynet::cli {
namespace {

struct Launcher {
  const char *rank, *size, *local_rank, *local_size;
  const char* only_with;  ///< a variable without which the others mean something else; may be null
};

// Inside a Slurm batch script, but outside srun, SLURM_PROCID and SLURM_NTASKS are there too.
constexpr std::array launchers{
    Launcher{"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", nullptr},
    Launcher{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
             "OMPI_COMM_WORLD_LOCAL_SIZE", nullptr},
    Launcher{"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", nullptr},
    Launcher{"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE", "SLURM_STEP_ID"},
};

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::usage, "environment: " + text); }

class Variables {
 public:
  explicit Variables(const Environment& all) : all_(all) {}

  bool has(const std::string& name) const { return all_.count(name) > 0; }
  std::string text(const std::string& name) const { return has(name) ? all_.at(name) : ""; }

  long number(const std::string& name, long low, long high) const {
    const std::string value = text(name);
    long n = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (failed != std::errc{} || end != value.data() + value.size() || n < low || n > high)
      refuse(name + "=" + value + " must be a whole number from " + std::to_string(low) + " to " +
             std::to_string(high));
    return n;
  }

 private:
  const Environment& all_;
};

constexpr long most_processes = 100000;

training::ProcessPlace place_by(const Launcher& launcher, const Variables& v) {
  for (const auto& [name, other] : {std::pair{launcher.rank, launcher.size}, {launcher.size, launcher.rank}})
    if (v.has(name) && !v.has(other))
      refuse(std::string(name) + " is set, but " + other + " is not; set both, or neither for one process");
  training::ProcessPlace place;
  place.size = static_cast<int>(v.number(launcher.size, 1, most_processes));
  place.rank = static_cast<int>(v.number(launcher.rank, 0, most_processes));
  if (place.rank >= place.size)
    refuse(std::string(launcher.rank) + "=" + std::to_string(place.rank) + " must be below " + launcher.size +
           "=" + std::to_string(place.size));
  place.local_rank = place.rank;
  place.local_size = place.size;
  // srun has no plain count of its own; "4(x2)" and the like stay unread.
  if (v.has(launcher.local_size) && !launcher.only_with)
    place.local_size = static_cast<int>(v.number(launcher.local_size, 1, place.size));
  if (v.has(launcher.local_rank)) {
    place.local_rank = static_cast<int>(v.number(launcher.local_rank, 0, place.size - 1));
    if (place.local_rank >= place.local_size)
      refuse(std::string(launcher.local_rank) + "=" + std::to_string(place.local_rank) + " must be below " +
             launcher.local_size + "=" + std::to_string(place.local_size));
  }
  return place;
}

// Two launchers at once, such as mpirun with variables left over from another run.
void check_agreement(const Launcher& one, const training::ProcessPlace& place, const Variables& v) {
  for (const Launcher& other : launchers) {
    if (&other == &one || other.only_with || !v.has(other.rank) || !v.has(other.size)) continue;
    const long rank = v.number(other.rank, 0, most_processes), size = v.number(other.size, 1, most_processes);
    if (size != place.size)
      refuse(std::string(one.size) + "=" + std::to_string(place.size) + " contradicts " + other.size + "=" +
             std::to_string(size) + "; unset one of them");
    if (rank != place.rank)
      refuse(std::string(one.rank) + "=" + std::to_string(place.rank) + " contradicts " + other.rank + "=" +
             std::to_string(rank) + "; unset one of them");
  }
}

// "node[03-05,9],login2" -> node03
std::string first_node(const std::string& list) {
  const std::size_t bracket = list.find_first_of("[,");
  if (bracket == std::string::npos || list[bracket] == ',') return list.substr(0, bracket);
  const std::size_t end = list.find_first_of("-,]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

std::string meeting_address(const Launcher& launcher, const training::ProcessPlace& place,
                            const Variables& v) {
  if (!v.text("MASTER_ADDR").empty()) return v.text("MASTER_ADDR");
  if (launcher.only_with) {
    const char* list = v.has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST" : "SLURM_JOB_NODELIST";
    const bool many =
        v.has("SLURM_STEP_NUM_NODES") ? v.text("SLURM_STEP_NUM_NODES") != "1" : v.text("SLURM_NNODES") != "1";
    if (many && v.has(list)) return first_node(v.text(list));
  } else if (place.local_size < place.size) {
    refuse("MASTER_ADDR is not set, but " + std::string(launcher.size) + "=" + std::to_string(place.size) +
           " processes run on several hosts; set it to the address of the host of process 0");
  }
  return "127.0.0.1";
}

}  // namespace

Environment environment() {
  Environment all;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return all;
}

std::optional<training::ProcessPlace> launch_place(const Environment& variables) {
  const Variables v(variables);
  for (const Launcher& launcher : launchers) {
    if (launcher.only_with && !v.has(launcher.only_with)) continue;
    if (!v.has(launcher.rank) && !v.has(launcher.size)) continue;
    training::ProcessPlace place = place_by(launcher, v);
    check_agreement(launcher, place, v);
    if (place.size == 1) return {};
    place.address = meeting_address(launcher, place, v);
    if (v.has("MASTER_PORT")) place.port = static_cast<std::uint16_t>(v.number("MASTER_PORT", 1, 65535));
    if (v.has("ANATOMYNET_PROCESS_TIMEOUT"))
      place.timeout = std::chrono::seconds(v.number("ANATOMYNET_PROCESS_TIMEOUT", 1, 86400));
    return place;
  }
  return {};
}

}  // namespace anatomynet::cli
