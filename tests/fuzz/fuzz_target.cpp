#include "fuzz/fuzz_target.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

#include "core/error.h"

namespace anatomynet::fuzz {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path = base / ("anatomynet-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

[[noreturn]] void finding(const char* what) {
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace

void read(const std::function<void()>& reader) {
  try {
    reader();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::internal || e.kind() == ErrorKind::memory) finding(e.what());
  } catch (const std::exception& e) {
    finding(e.what());
  }
}

fs::path as_file(const std::string& name, std::span<const std::uint8_t> bytes) {
  static const Folder folder;
  const fs::path file = folder.path / name;
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file;
}

}  // namespace anatomynet::fuzz
