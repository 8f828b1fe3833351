#pragma once
#include <filesystem>
#include <string>
#include <utility>

#include "core/error.h"

namespace anatomynet::adaptation {

/// The folder in which a stopped run goes on. It goes again, unless it is kept, where this run has made it.
class WorkFolder {
 public:
  explicit WorkFolder(std::filesystem::path path)
      : path_(std::move(path)), made_(!std::filesystem::exists(path_)) {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
    if (error) throw Error(ErrorKind::output, path_.string() + ": cannot create: " + error.message());
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (made_ && !kept_) std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }
  void remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::filesystem::path path_;
  bool made_, kept_ = false;
};

}  // namespace anatomynet::adaptation
