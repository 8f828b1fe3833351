#include "io/image/foreign_file.h"

#include <array>
#include <fstream>
#include <string_view>
#include <system_error>

#include "io/image/image_file.h"
#include "io/image/internal/image_format.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

struct Magic {
  std::size_t at;
  std::string_view bytes;
  const char* hint;
};

constexpr const char* unpack_zip = "a ZIP archive: unpack it and give the folder";
constexpr const char* unpack = "a packed archive: unpack it and give the folder";

constexpr std::array<Magic, 8> magics{{{0, "PK\3\4", unpack_zip},
                                       {0, "PK\5\6", unpack_zip},
                                       {0, "7z\xbc\xaf\x27\x1c", unpack},
                                       {0, "Rar!\x1a\x07", unpack},
                                       {0, "\x1f\x8b", unpack},
                                       {0, "BZh", unpack},
                                       {0,
                                        "\xfd"
                                        "7zXZ",
                                        unpack},
                                       {257, "ustar", unpack}}};

}  // namespace

std::string foreign_file_hint(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  if (is_image_file_name(file)) return "an image file: give the file itself";
  if (const fs::path header = header_of_pair(file); header != file)
    return "the voxels of an image pair: give its header, " + header.filename().string();
  std::array<char, 262> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  const std::string_view bytes(start.data(), start.size());
  for (const Magic& magic : magics)
    if (bytes.substr(magic.at, magic.bytes.size()) == magic.bytes) return magic.hint;
  return {};
}

}  // namespace anatomynet::io
