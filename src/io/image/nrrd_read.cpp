#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "core/input_file.h"
#include "io/image/internal/byte_source.h"
#include "io/image/internal/header_text.h"
#include "io/image/internal/image_data.h"
#include "io/image/internal/nrrd_header.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

using Fields = nrrd::Header;

VoxelType type_of(const fs::path& path, const Fields& f) {
  using enum VoxelType;
  static const std::map<std::string, VoxelType> known{{"signed char", int8},
                                                      {"int8", int8},
                                                      {"int8_t", int8},
                                                      {"uchar", uint8},
                                                      {"unsigned char", uint8},
                                                      {"uint8", uint8},
                                                      {"uint8_t", uint8},
                                                      {"short", int16},
                                                      {"short int", int16},
                                                      {"signed short", int16},
                                                      {"signed short int", int16},
                                                      {"int16", int16},
                                                      {"int16_t", int16},
                                                      {"ushort", uint16},
                                                      {"unsigned short", uint16},
                                                      {"unsigned short int", uint16},
                                                      {"uint16", uint16},
                                                      {"uint16_t", uint16},
                                                      {"int", int32},
                                                      {"signed int", int32},
                                                      {"int32", int32},
                                                      {"int32_t", int32},
                                                      {"uint", uint32},
                                                      {"unsigned int", uint32},
                                                      {"uint32", uint32},
                                                      {"uint32_t", uint32},
                                                      {"longlong", int64},
                                                      {"long long", int64},
                                                      {"long long int", int64},
                                                      {"signed long long", int64},
                                                      {"signed long long int", int64},
                                                      {"int64", int64},
                                                      {"int64_t", int64},
                                                      {"ulonglong", uint64},
                                                      {"unsigned long long", uint64},
                                                      {"unsigned long long int", uint64},
                                                      {"uint64", uint64},
                                                      {"uint64_t", uint64},
                                                      {"float", float32},
                                                      {"double", float64}};
  const std::string& name = f.at(path, "type");
  const auto found = known.find(lower(name));
  if (found == known.end()) fail(path, "NRRD type '" + shown(name) + "' is no type of CT or label voxels");
  return found->second;
}

Packing packing_of(const fs::path& path, const Fields& f) {
  const std::string name = lower(f.at(path, "encoding"));
  if (name == "raw") return Packing::raw;
  if (name == "gzip" || name == "gz") return Packing::gzip;
  if (name == "text" || name == "txt" || name == "ascii") return Packing::text;
  if (name == "hex") return Packing::hex;
  fail(path, "NRRD encoding '" + shown(name) + "' is not read; expected raw, gzip, text or hex" +
                 (name.starts_with("bz") ? ", so save it again with gzip (unu save -f nrrd -e gzip)" : ""));
}

// Whether the file's byte order is not this machine's.
bool swapped(const fs::path& path, const Fields& f, VoxelType type, Packing packing) {
  if (bytes_of(type) == 1 || packing == Packing::text) return false;
  const std::string name = lower(f.at(path, "endian"));
  if (name != "little" && name != "big")
    fail(path, "NRRD field 'endian' is '" + shown(name) + "', expected little or big");
  return (name == "little") != (std::endian::native == std::endian::little);
}

std::string in_quotes(std::string_view text) {
  std::string out("'");
  return out.append(shown(text)).append("'");
}

// The signs that turn the space's axes to LPS.
Vec3 to_lps(const fs::path& path, const Fields& f) {
  const std::string space = lower(f.get("space"));
  if (space == "left-posterior-superior" || space == "lps") return {1, 1, 1};
  if (space == "right-anterior-superior" || space == "ras") return {-1, -1, 1};
  if (space == "left-anterior-superior" || space == "las") return {1, -1, 1};
  fail(path, "NRRD field 'space' is " + (space.empty() ? std::string("missing") : in_quotes(space)) +
                 "; expected left-posterior-superior, right-anterior-superior or left-anterior-superior, so "
                 "that left "
                 "and right are known");
}

// "(x,y,z)"; nothing for what is no vector of three numbers.
std::optional<Vec3> vector_of(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('(') || !text.ends_with(')')) return {};
  text = text.substr(1, text.size() - 2);
  Vec3 v{};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto comma = text.find(',');
    if ((comma == std::string_view::npos) != (k == 2)) return {};
    const auto value = real(trimmed(text.substr(0, comma)));
    if (!value) return {};
    v[k] = *value;
    if (k < 2) text.remove_prefix(comma + 1);
  }
  return v;
}

// One vector or "none" for each axis.
std::vector<std::optional<Vec3>> directions_of(const fs::path& path, std::string_view text,
                                               std::size_t axes) {
  const std::string all = shown(text);
  std::vector<std::optional<Vec3>> directions;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const auto end =
        text.starts_with('(') ? text.find(')') : std::min(text.find_first_of(" \t("), text.size()) - 1;
    const std::string_view one = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(one.size());
    directions.push_back(vector_of(one));
    if (!directions.back() && one != "none") directions.clear();
    if (directions.empty()) break;
  }
  if (directions.size() != axes)
    fail(path, "NRRD field 'space directions' is '" + all +
                   "', expected a vector (x,y,z) or none for each of " + std::to_string(axes) + " axes");
  return directions;
}

// Three axes of space, and none but those with more than one sample.
std::array<std::size_t, 3> space_axes(const fs::path& path,
                                      const std::vector<std::optional<Vec3>>& directions,
                                      const std::vector<std::int64_t>& sizes) {
  std::array<std::size_t, 3> axes{};
  std::size_t found = 0;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    if (!directions[k] && sizes[k] > 1)
      fail(
          path,
          std::to_string(sizes[k]) +
              " values a voxel; expected one: a colour or vector image is no CT, and a segmentation needs to "
              "have its segments in one layer");
    if (!directions[k]) continue;
    if (found == 3) fail(path, "a 4D image; expected a 3D volume");
    axes[found++] = k;
  }
  if (found < 3) fail(path, "a " + std::to_string(found) + "D image; expected a 3D volume");
  return axes;
}

void read_geometry(const fs::path& path, const Fields& f, Header& h) {
  const auto dimension = wholes(path, "dimension", f.at(path, "dimension"), 1)[0];
  if (dimension < 1 || dimension > 16)
    fail(path, "NRRD field 'dimension' is " + std::to_string(dimension) + ", expected 3");
  auto sizes = wholes(path, "sizes", f.at(path, "sizes"), static_cast<std::size_t>(dimension));
  if (dimension < 3) volume_size(path, sizes);  // says that it is flat
  const Vec3 sign = to_lps(path, f);
  const std::string units = f.get("space units");
  for (const std::string_view unit : words_of(units))
    if (const std::string name = lower(unit);
        name != "\"mm\"" && name != "mm" && name != "\"millimeter\"" && name != "\"\"")
      fail(path, "NRRD field 'space units' is '" + shown(unit) + "', expected mm");
  if (f.get("space directions").empty())
    fail(path, "NRRD field 'space directions' is missing, so it is unknown how the axes run in the patient");
  const auto directions = directions_of(path, f.at(path, "space directions"), sizes.size());
  const auto axes = space_axes(path, directions, sizes);
  Mat3 steps;
  Vec3 origin{};
  if (const std::string text = f.get("space origin"); text.empty())
    h.warnings.push_back({"origin-missing", "NRRD field 'space origin' is missing; (0,0,0) was taken"});
  else if (const auto given = vector_of(text))
    origin = *given;
  else
    fail(path, "NRRD field 'space origin' is '" + shown(text) + "', expected (x,y,z)");
  for (std::size_t r = 0; r < 3; ++r) {
    if (origin[r] != 0) origin[r] *= sign[r];
    for (std::size_t k = 0; k < 3; ++k) {
      const double step = (*directions[axes[k]])[r];
      steps[r][k] = step == 0 ? 0 : sign[r] * step;
    }
  }
  const Size3 size = volume_size(path, {sizes[axes[0]], sizes[axes[1]], sizes[axes[2]]});
  h.grid = grid_of_affine(path, "the matrix of NRRD's space directions", steps, origin, size, h.warnings);
}

std::uint64_t after_lines(const fs::path& path, const InputFile& data, std::uint64_t offset,
                          std::int64_t count) {
  std::vector<char> buffer(1 << 16);
  while (count > 0) {
    const std::size_t n = data.read_at(offset, buffer);
    if (n == 0) fail(path, "truncated: fewer lines than 'line skip' says");
    std::size_t i = 0;
    while (i < n && count > 0) count -= buffer[i++] == '\n';
    offset += i;
  }
  return offset;
}

}  // namespace

Header read_nrrd_header(const fs::path& path) {
  const InputFile file(path);
  HeaderLines lines(file, path);
  const Fields f = nrrd::parse_header(path, lines);
  const std::string name = f.get("data file");
  if (lower(name).starts_with("list") || (name.find('%') != std::string::npos && words_of(name).size() > 3))
    fail(path, "its voxels lie in several files ('" + shown(name) + "'); expected one, so save it again");
  if (name.empty() && !f.blank_line) fail(path, "truncated: its header ends without voxels");
  Header h;
  read_geometry(path, f, h);
  h.type = type_of(path, f);
  h.packing = packing_of(path, f);
  h.swapped = swapped(path, f, h.type, h.packing);

  h.data_file = name.empty() ? path : beside(path, name);
  h.offset = name.empty() ? lines.offset() : 0;

  const auto skip = [&](const char* field, std::int64_t least) {
    const std::string text = f.get(field);
    const auto n = text.empty() ? 0 : wholes(path, field, text, 1)[0];
    if (n < least) fail(path, std::string("NRRD field '") + field + "' is " + std::to_string(n));
    return n;
  };
  const InputFile data = open_data(path, h);
  if (const auto lines_skipped = skip("line skip", 0); lines_skipped > 0)
    h.offset = after_lines(path, data, h.offset, lines_skipped);
  const auto bytes = skip("byte skip", -1);
  if (bytes > 0) h.skip = static_cast<std::uint64_t>(bytes);
  if (bytes < 0) {  // voxels end where the file ends
    const std::uint64_t wanted = static_cast<std::uint64_t>(h.grid.voxel_count()) * bytes_of(h.type);
    if (h.packing != Packing::raw) fail(path, "NRRD field 'byte skip' is -1, which needs encoding raw");
    if (data.size() < h.offset + wanted) fail(path, "truncated: the header promises " + describe(h.grid));
    h.offset = data.size() - wanted;
  }
  return h;
}

}  // namespace anatomynet::io
