#include "model/shipped_models.h"

#include <cstdlib>
#include <vector>

#include "core/error.h"

namespace anatomynet::model {

std::filesystem::path default_model(const std::string& option) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("ANATOMYNET_MODELS")) folders.emplace_back(named);
  folders.push_back((bin / "../share/anatomynet/models").lexically_normal());
  folders.push_back((bin / "../../../models").lexically_normal());
  std::string searched;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / "anatomynet-openkbp.safetensors";
    if (fs::exists(file, error)) return file;
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  throw Error(ErrorKind::model,
              "the shipped weights anatomynet-openkbp.safetensors were not found (looked in " + searched +
                  "); give " + option + " FILE or set ANATOMYNET_MODELS");
}

}  // namespace anatomynet::model
