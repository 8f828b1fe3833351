#include "core/control_group.h"

#include <fstream>
#include <sstream>

namespace anatomynet::core {
namespace {

namespace fs = std::filesystem;

bool lists(const std::string& controllers, const std::string& wanted) {
  std::istringstream in(controllers);
  for (std::string name; std::getline(in, name, ',');)
    if (name == wanted) return true;
  return false;
}

// Version 1 mounts each set of controllers in a folder of its own, mostly with a link for each of them.
fs::path root_of(const fs::path& mount, const std::string& controllers, const std::string& controller) {
  std::error_code unknown;
  const fs::path alone = mount / controller;
  return fs::exists(alone, unknown) ? alone : mount / controllers;
}

}  // namespace

void for_each_control_group(const fs::path& membership, const fs::path& mount, const std::string& controller,
                            const std::function<void(const fs::path&, int)>& look) {
  std::ifstream in(membership);
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const int version = controllers.empty() ? 2 : 1;
    if (version == 1 && !lists(controllers, controller)) continue;
    const fs::path root = version == 2 ? mount : root_of(mount, controllers, controller);
    fs::path inside = fs::path(line.substr(second + 1)).relative_path();
    for (bool top = false; !top; inside = inside.parent_path()) {
      top = inside.empty();
      look(root / inside, version);
    }
  }
}

std::vector<std::int64_t> control_group_numbers(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::int64_t> numbers;
  for (std::int64_t number = 0; in >> number;) numbers.push_back(number);
  return numbers;
}

}  // namespace anatomynet::core
