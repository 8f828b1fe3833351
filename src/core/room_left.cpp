#include "core/room_left.h"

#include <string>

#include "core/error.h"
#include "core/output.h"

namespace anatomynet::core {

bool room_left(const std::filesystem::path& folder) try {
  constexpr std::size_t bytes = 16u << 20;
  OutputFolder probe(folder);
  write_file_atomically(probe.stage("room"), std::string(bytes, '\0'));
  return true;
} catch (const Error&) {
  return false;
}

}  // namespace anatomynet::core
