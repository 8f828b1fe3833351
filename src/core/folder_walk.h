#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

/// What lies below a folder.
struct FolderWalk {
  struct PassedOver {
    enum class Kind {
      hidden,      ///< a name that begins with a dot; of a folder all that is in it too
      no_file,     ///< a pipe, a device, a socket
      unreadable,  ///< a folder that cannot be read, a link to nothing
    } kind;
    std::filesystem::path path;
    std::string reason;  ///< one line, without the path
  };
  std::vector<std::filesystem::path>
      files;                            ///< regular files, sorted: nothing depends on the file system's order
  std::vector<PassedOver> passed_over;  ///< sorted by path
};

/// Walks a folder of any depth. Links to files and folders are followed; every real folder is read once,
/// however links lead to it, under its own path where it has one below `root`: so loops end. Nothing in the
/// tree stops the walk. Throws Error(input) where `root` itself is no folder or cannot be read.
FolderWalk walk_folder(const std::filesystem::path& root);

}  // namespace anatomynet::core
