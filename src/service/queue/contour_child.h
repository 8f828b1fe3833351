#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::service {

struct ChildLimits {
  std::int64_t memory_mb = 0;  ///< of addresses; 0: none
  std::int64_t time_s = 0;     ///< 0: none
};

struct ChildEnd {
  int exit_code = -1;  ///< -1: a signal ended it
  int signal = 0;
  bool timed_out = false, stopped = false;
  std::string error;  ///< the last error line that it wrote
};

/// What a fault of contouring means for another attempt.
enum class Fault {
  lasting,  ///< wrong settings, input or model stay wrong
  passing,  ///< may be better another time
  output    ///< the disk is full or cannot be written: it works once a person has made room
};
Fault fault_of(const ChildEnd& end);  ///< by the exit code (docs/errors.md)

/// Runs this program with `arguments` in a process of its own, which ends with this one whatever happens. Its
/// messages go to `log`. `stop` is asked several times a second. Throws Error(memory) where no process can be
/// had.
ChildEnd run_child(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                   const ChildLimits& limits, const std::function<bool()>& stop);

}  // namespace anatomynet::service
