#include "io/support.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numbers>
#include <stdexcept>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <unistd.h>

namespace anatomynet::test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "anatomynet-io-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

WithoutPrivileges::WithoutPrivileges() {
  constexpr uid_t nobody = 65534;
  if (::getuid() == 0 && ::seteuid(nobody) != 0) throw std::runtime_error("cannot give up privileges");
}

WithoutPrivileges::~WithoutPrivileges() {
  if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
}

CommandResult run(const std::string& command) {
  CommandResult result;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    result.output.append(buffer.data(), n);
  result.status = ::pclose(pipe);
  return result;
}

bool have_tool(const std::string& name) { return run("command -v " + name).status == 0; }

Mat3 rotation(double about_x, double about_z) {
  const double a = about_x * std::numbers::pi / 180, b = about_z * std::numbers::pi / 180;
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b);
  return {{{cb, -sb * ca, sb * sa}, {sb, cb * ca, -cb * sa}, {0, sa, ca}}};
}

CtVolume make_ct(const Grid& grid) {
  CtVolume ct(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x)
        ct.at(x, y, z) = static_cast<std::int16_t>((x * 131 + y * 37 + z * 251 + x * y * z) % 4000 - 1024);
  return ct;
}

Grid small_grid() {
  Grid grid;
  grid.size = {18, 14, 11};
  grid.spacing = {0.9765625, 1.25, 2.5};
  grid.origin = {-120.5, -98.25, 310.75};
  return grid;
}

void edit(const fs::path& file, const std::function<void(DcmDataset&)>& change) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad()) throw std::runtime_error("cannot load " + file.string());
  format.loadAllDataIntoMemory();
  change(*format.getDataset());
  if (format.saveFile(file.c_str(), format.getDataset()->getOriginalXfer()).bad())
    throw std::runtime_error("cannot save " + file.string());
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  fs::remove(file);  // some file systems flush a file that is emptied and written again
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void truncate_by(const fs::path& file, std::uintmax_t bytes) {
  fs::resize_file(file, fs::file_size(file) - bytes);
}

std::string input_error(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind() == ErrorKind::input ? error.what()
                                            : std::string("another kind of error: ") + error.what();
  }
  return {};
}

std::vector<std::string> texts_of(const std::vector<Warning>& warnings) {
  std::vector<std::string> texts;
  for (const Warning& warning : warnings) texts.push_back(without_files(warning));
  return texts;
}

std::string printed_by(const std::function<void()>& call) {
  const TemporaryFolder folder;
  const fs::path file = folder / "printed";
  std::fflush(nullptr);
  const int out = ::dup(1), err = ::dup(2);
  std::FILE* sink = std::fopen(file.c_str(), "w");
  ::dup2(::fileno(sink), 1);
  ::dup2(::fileno(sink), 2);
  call();
  std::fflush(nullptr);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close(out);
  ::close(err);
  std::fclose(sink);
  return read_bytes(file);
}

}  // namespace anatomynet::test
