#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/volume.h"
#include "io/ct_image.h"

class DcmDataset;

namespace anatomynet::test {

/// A folder that disappears with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// While it lives, a superuser has only the rights of an ordinary user.
class WithoutPrivileges {
 public:
  WithoutPrivileges();
  ~WithoutPrivileges();
  WithoutPrivileges(const WithoutPrivileges&) = delete;
  WithoutPrivileges& operator=(const WithoutPrivileges&) = delete;
};

/// What a shell command printed (stdout and stderr) and its exit status.
struct CommandResult {
  int status = 0;
  std::string output;
};
CommandResult run(const std::string& command);
bool have_tool(const std::string& name);

/// Skips the test, saying so, where a tool that serves as an oracle is not installed.
#define REQUIRE_TOOL(name) \
  if (!anatomynet::test::have_tool(name)) GTEST_SKIP() << "NOT CHECKED: " << name << " is not installed"

/// Columns: x, y and z axis turned by the angles (degrees) about x, then about z.
Mat3 rotation(double about_x, double about_z);

/// No symmetry, every voxel its own value: air, tissue and bone, HU between -1024 and 3000.
CtVolume make_ct(const Grid& grid);
Grid small_grid();

/// Changes a DICOM file in place.
void edit(const std::filesystem::path& file, const std::function<void(DcmDataset&)>& change);

/// The files of a folder, sorted.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

std::string read_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);
/// Cuts the file's last bytes off.
void truncate_by(const std::filesystem::path& file, std::uintmax_t bytes);

/// The message of the Error(input) that the call throws; empty when it throws none.
std::string input_error(const std::function<void()>& call);

/// What warnings say, without files.
std::vector<std::string> texts_of(const std::vector<Warning>& warnings);

/// Everything that is printed to file descriptors 1 and 2 while the call runs.
std::string printed_by(const std::function<void()>& call);

}  // namespace anatomynet::test
