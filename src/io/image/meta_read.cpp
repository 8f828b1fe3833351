#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "core/input_file.h"
#include "io/image/internal/byte_source.h"
#include "io/image/internal/header_text.h"
#include "io/image/internal/image_data.h"

// MetaImage headers (itk.org/Wiki/ITK/MetaIO/Documentation): lines "Name = value", the last of which names
// the voxels' file. World is LPS, as in ITK, which defined it.
namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

class Fields {
 public:
  Fields(fs::path path, HeaderLines& lines) : path_(std::move(path)) {
    while (!values_.contains("ElementDataFile")) {
      const auto line = lines.next();
      if (!line) fail(path_, "truncated, damaged or no MetaImage: its header does not name ElementDataFile");
      if (trimmed(*line).empty()) continue;
      const auto separator = line->find_first_of("=:");
      if (separator == std::string::npos)
        fail(path_, "damaged or no MetaImage: the line '" + shown(*line) + "' is no \"Name = value\"");
      const std::string name(trimmed(std::string_view(*line).substr(0, separator)));
      const std::string value(trimmed(std::string_view(*line).substr(separator + 1)));
      if (!values_.emplace(name, value).second && name != "Comment")
        fail(path_, "MetaImage field '" + shown(name) + "' is there twice");
    }
  }

  // The value under whichever of several spellings; empty without. Two that say otherwise are refused.
  std::string get(std::initializer_list<const char*> names) const {
    auto first = values_.end();
    for (const char* name : names) {
      const auto found = values_.find(name);
      if (found == values_.end()) continue;
      if (first != values_.end() && first->second != found->second)
        fail(path_, "MetaImage fields '" + first->first + "' and '" + found->first +
                        "' mean the same, but one is '" + shown(first->second) + "', the other '" +
                        shown(found->second) + "'");
      if (first == values_.end()) first = found;
    }
    return first == values_.end() ? std::string() : first->second;
  }
  const std::string& at(const char* name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) fail(path_, std::string("MetaImage field '") + name + "' is missing");
    return found->second;
  }
  bool is_true(std::initializer_list<const char*> names) const {
    const std::string text = get(names);
    return !text.empty() && (text[0] == 'T' || text[0] == 't' || text[0] == '1');
  }
  std::int64_t number(const char* name, std::int64_t without) const {
    const std::string text = get({name});
    return text.empty() ? without : wholes(path_, name, text, 1)[0];
  }

 private:
  fs::path path_;
  std::map<std::string, std::string> values_;
};

VoxelType type_of(const fs::path& path, const Fields& f) {
  using enum VoxelType;
  // MET_LONG has four bytes in files, whatever a long has in memory.
  static const std::map<std::string, VoxelType> known{
      {"MET_CHAR", int8},       {"MET_UCHAR", uint8},       {"MET_SHORT", int16},   {"MET_USHORT", uint16},
      {"MET_INT", int32},       {"MET_UINT", uint32},       {"MET_LONG", int32},    {"MET_ULONG", uint32},
      {"MET_LONG_LONG", int64}, {"MET_ULONG_LONG", uint64}, {"MET_FLOAT", float32}, {"MET_DOUBLE", float64}};
  const std::string& name = f.at("ElementType");
  const auto found = known.find(name);
  if (found == known.end())
    fail(path, "MetaImage field 'ElementType' is '" + shown(name) + "', no type of CT or label voxels");
  return found->second;
}

void read_geometry(const fs::path& path, const Fields& f, Header& h) {
  const auto dimensions = f.number("NDims", 0);
  if (dimensions < 1 || dimensions > 10)
    fail(path, "MetaImage field 'NDims' is " + std::to_string(dimensions) + ", expected 3");
  const auto n = static_cast<std::size_t>(dimensions);
  const Size3 size = volume_size(path, wholes(path, "DimSize", f.at("DimSize"), n));
  if (const auto channels = f.number("ElementNumberOfChannels", 1); channels != 1)
    fail(path, std::to_string(channels) + " values a voxel; expected one, a colour or vector image is no CT");
  if (const std::string unit = f.get({"DistanceUnits"}); !unit.empty() && unit != "mm" && unit != "?")
    fail(path, "MetaImage field 'DistanceUnits' is '" + shown(unit) + "', expected mm");
  const std::string matrix = f.get({"TransformMatrix", "Orientation", "Rotation"});
  if (matrix.empty())
    fail(path,
         "MetaImage field 'TransformMatrix' is missing, so left and right are unknown; convert the CT again");
  const auto direction = reals(path, "TransformMatrix", matrix, n * n);
  std::string spacing = f.get({"ElementSpacing"});
  if (spacing.empty()) {
    spacing = f.get({"ElementSize"});
    if (!spacing.empty())
      h.warnings.push_back(
          {"spacing-missing", "MetaImage field 'ElementSpacing' is missing; 'ElementSize' was taken"});
  }
  const auto mm = reals(path, "ElementSpacing", spacing, n);
  Vec3 origin{};
  if (const std::string offset = f.get({"Offset", "Position", "Origin"}); offset.empty())
    h.warnings.push_back({"origin-missing", "MetaImage field 'Offset' is missing; 0 0 0 was taken"});
  else
    std::copy_n(reals(path, "Offset", offset, n).begin(), 3, origin.begin());
  if (const std::string centre = f.get({"CenterOfRotation"}); !centre.empty()) {
    const auto values = reals(path, "CenterOfRotation", centre, n);
    if (std::any_of(values.begin(), values.end(), [](double v) { return v != 0; }))
      h.warnings.push_back(
          {"rotation-centre", "MetaImage field 'CenterOfRotation' was left aside, as ITK does"});
  }
  Mat3 axes;  // the matrix lists the unit vector of one axis after the other
  for (std::size_t k = 0; k < 3; ++k) {
    if (!(mm[k] > 0 && std::isfinite(mm[k])))
      fail(path, "MetaImage field 'ElementSpacing' is '" + shown(spacing) + "', expected mm above 0");
    const double* axis = &direction[k * n];
    const double length = std::hypot(axis[0], axis[1], axis[2]);
    if (!(std::abs(length - 1) < 1e-2))
      fail(path, "MetaImage field 'TransformMatrix' is '" + shown(matrix) + "', expected unit vectors");
    for (std::size_t r = 0; r < 3; ++r) axes[r][k] = axis[r] / length * mm[k];
  }
  h.grid = grid_of_affine(path, "MetaImage's TransformMatrix", axes, origin, size, h.warnings);
  h.grid.spacing = {mm[0], mm[1], mm[2]};
}

}  // namespace

Header read_meta_header(const fs::path& path) {
  const InputFile file(path);
  HeaderLines lines(file, path);
  const Fields f(path, lines);
  if (const std::string what = f.get({"ObjectType"}); !what.empty() && what != "Image")
    fail(path, "a MetaIO file of type '" + shown(what) + "', expected Image");
  Header h;
  read_geometry(path, f, h);
  h.type = type_of(path, f);
  const bool binary = f.get({"BinaryData"}).empty() || f.is_true({"BinaryData"});
  const bool compressed = f.is_true({"CompressedData"});
  h.packing = compressed ? Packing::zlib : binary ? Packing::raw : Packing::text;
  const bool big = f.is_true({"ElementByteOrderMSB", "BinaryDataByteOrderMSB"});
  h.swapped = h.packing != Packing::text && big != (std::endian::native == std::endian::big);
  const auto function = [&](const char* name, double without) {
    const std::string text = f.get({name});
    return text.empty() ? without : reals(path, name, text, 1)[0];
  };
  h.slope = function("ElementToIntensityFunctionSlope", 1);
  h.intercept = function("ElementToIntensityFunctionOffset", 0);
  if (!(h.slope != 0 && std::isfinite(h.slope) && std::isfinite(h.intercept)))
    fail(path, "MetaImage field 'ElementToIntensityFunctionSlope' is 0 or not finite");

  const std::string name = f.at("ElementDataFile");
  if (const auto words = words_of(name);
      !words.empty() && (words[0] == "LIST" || (words.size() > 2 && name.find('%') != std::string::npos)))
    fail(path, "its voxels lie in several files ('" + shown(name) + "'); expected one, so save it again");
  const bool local = lower(name) == "local";
  h.data_file = local ? path : beside(path, name);
  h.offset = local ? lines.offset() : 0;
  const InputFile data = open_data(path, h);
  const auto header_size = f.number("HeaderSize", 0);
  if (header_size > 0 && !local) h.offset = static_cast<std::uint64_t>(header_size);
  if (header_size < -1) fail(path, "MetaImage field 'HeaderSize' is " + std::to_string(header_size));
  const std::uint64_t wanted = static_cast<std::uint64_t>(h.grid.voxel_count()) * bytes_of(h.type);
  if (header_size == -1 && h.packing == Packing::raw && data.size() >= h.offset + wanted)
    h.offset = data.size() - wanted;
  if (const auto promised = f.number("CompressedDataSize", -1);
      compressed && promised >= 0 && h.offset + std::uint64_t(promised) != data.size())
    fail(path, "truncated or damaged: CompressedDataSize is " + std::to_string(promised) +
                   ", but the file has " + std::to_string(data.size() - std::min(data.size(), h.offset)) +
                   " bytes of voxels; copy it again");
  return h;
}

}  // namespace anatomynet::io
