#include "dataset/packed_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>

#include <zlib.h>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "dataset/ct_codec.h"
#include "dataset/mapped_file.h"
#include "model/organ_json.h"
#include "model/tensor_file.h"

namespace anatomynet::dataset {
namespace {

using nlohmann::json;

// 1, without the key: whole arrays and no checksums; 2: annotations are 0 or 1; 3: weights and partial
// extents
constexpr int format = 3;

[[noreturn]] void fail(const std::string& why) { throw Error(ErrorKind::input, why); }

std::string crc_of(std::span<const std::byte> bytes) {
  char text[12];
  std::snprintf(text, sizeof text, "%08lx",
                crc32_z(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  return text;
}

json to_json(const Grid& g) {
  return {{"size", g.size}, {"spacing", g.spacing}, {"origin", g.origin}, {"direction", g.direction}};
}

Grid grid_from(const json& j, const std::string& what) {
  for (const json& n : j.at("size"))
    if (!n.is_number_unsigned()) fail(what + ": its size holds " + json_text(n) + ", no count");
  const Grid g{j.at("size").get<Size3>(), j.at("spacing").get<Vec3>(), j.at("origin").get<Vec3>(),
               j.at("direction").get<Mat3>()};
  g.check(what);
  return g;
}

}  // namespace

struct PackedWriter::Parts {
  PackedDescription about;
  model::TensorFile file;
  std::set<std::string> ids;
  json training = json::array(), validation = json::array();
};

PackedWriter::PackedWriter(PackedDescription about) : parts_(std::make_unique<Parts>()) {
  parts_->about = std::move(about);
}
PackedWriter::~PackedWriter() = default;

void PackedWriter::add(const PreparedCase& c, bool validation) {
  if (!parts_->ids.insert(c.id).second) fail("case " + c.id + " is in the set twice");
  json sums = json::object();
  const auto put = [&](const char* part, const std::string& bytes) {
    model::NamedTensor t{
        c.id + "/" + part, model::ElementType::uint8, {static_cast<std::int64_t>(bytes.size())}, {}};
    t.bytes.resize(bytes.size());
    std::memcpy(t.bytes.data(), bytes.data(), bytes.size());
    sums[part] = crc_of(t.bytes);
    parts_->file.tensors.push_back(std::move(t));
  };
  put("image", compress_ct(c.image.voxels, c.image.grid.size));
  put("labels", compress_bytes(c.labels.voxels));
  put("truth", compress_bytes(c.truth.voxels));
  (validation ? parts_->validation : parts_->training)
      .push_back({{"id", c.id},
                  {"grid", to_json(c.image.grid)},
                  {"truth_grid", to_json(c.truth.grid)},
                  {"annotated", c.annotated},
                  {"partial_extent", c.partial_extent},
                  {"crc32", sums}});
}

void PackedWriter::write(const std::filesystem::path& path) {
  const PackedDescription& about = parts_->about;
  const std::string text = json_text(json{{"format", format},
                                          {"organs", model::organs_to_json(about.organs)},
                                          {"hu_low", about.input.hu_low},
                                          {"hu_high", about.input.hu_high},
                                          {"spacing_mm", about.input.spacing},
                                          {"description", about.description},
                                          {"attribution", about.attribution},
                                          {"training", parts_->training},
                                          {"validation", parts_->validation}});
  parts_->file.metadata["anatomynet_set"] = text;
  parts_->file.metadata["anatomynet_set_crc32"] = crc_of(std::as_bytes(std::span(text)));
  model::write_tensor_file(path, parts_->file);
}

struct PackedFile::Parts {
  explicit Parts(const std::filesystem::path& from) : path(from), map(from) {}

  struct Entry {
    std::string id;
    Grid grid, truth_grid;
    std::vector<float> annotated;
    std::vector<std::uint8_t> partial_extent;
    std::map<std::string, model::TensorView> arrays;
    std::map<std::string, std::string> sums;
  };

  void take_description();
  Entry take_entry(const json& j, const std::map<std::string, model::TensorView>& arrays) const;
  PreparedCase decode(const Entry& e) const;
  LabelVolume labels(const Entry& e, const char* part, const Grid& grid) const;

  std::filesystem::path path;
  MappedFile map;
  PackedDescription about;
  int version = 1;
  std::vector<Entry> training, validation;
};

void PackedFile::Parts::take_description() {
  const model::TensorFileView view = model::view_tensor_file({}, map.bytes());
  const auto entry = view.metadata.find("anatomynet_set");
  if (entry == view.metadata.end()) fail("no packed data set (no 'anatomynet_set' metadata)");
  const json j = parse_json(entry->second, "its description is damaged");
  version = j.value("format", 1);
  if (version < 1 || version > format)
    fail("is of format " + std::to_string(version) + "; this program reads 1 to " + std::to_string(format));
  if (version > 1) {
    const auto sum = view.metadata.find("anatomynet_set_crc32");
    if (sum == view.metadata.end() || sum->second != crc_of(std::as_bytes(std::span(entry->second))))
      fail("its description is damaged (checksum); copy the file again");
  }
  about.organs = model::organs_from_json(j.at("organs"));
  check_organs(about.organs, "its organs");
  about.input = {j.at("hu_low").get<double>(), j.at("hu_high").get<double>(), j.at("spacing_mm").get<Vec3>()};
  if (!(about.input.hu_low < about.input.hu_high)) fail("its HU window is empty");
  for (const double mm : about.input.spacing)
    if (!(mm > 0)) fail("its voxel spacing is not positive");
  about.description = j.at("description").get<std::string>();
  about.attribution = j.at("attribution").get<std::string>();
  std::map<std::string, model::TensorView> arrays;
  for (const model::TensorView& t : view.tensors) arrays.emplace(t.name, t);
  std::set<std::string> ids;
  for (const bool held : {false, true})
    for (const json& c : j.at(held ? "validation" : "training")) {
      (held ? validation : training).push_back(take_entry(c, arrays));
      const std::string& id = (held ? validation : training).back().id;
      if (!ids.insert(id).second) fail("case " + id + " is listed twice");
    }
}

PackedFile::Parts::Entry PackedFile::Parts::take_entry(
    const json& j, const std::map<std::string, model::TensorView>& arrays) const {
  Entry e;
  e.id = j.at("id").get<std::string>();
  e.grid = grid_from(j.at("grid"), "case " + e.id);
  e.truth_grid = grid_from(j.at("truth_grid"), "case " + e.id + ", truth");
  const std::size_t classes = about.organs.size() + 1;
  // The array of a case, of the type and shape that is taken for granted later.
  const auto take = [&](const char* part, model::ElementType type, std::vector<std::int64_t> shape) {
    const auto found = arrays.find(e.id + "/" + part);
    if (found == arrays.end()) fail("case " + e.id + " has no " + part);
    if (version > 1) shape = {static_cast<std::int64_t>(found->second.bytes.size())};
    if (found->second.type != type || found->second.shape != shape)
      fail("case " + e.id + ": " + part + " is of another type or size than its grid");
    e.arrays[part] = found->second;
  };
  const auto shape = [](const Grid& g) { return std::vector<std::int64_t>{g.size[2], g.size[1], g.size[0]}; };
  take("image", version > 1 ? model::ElementType::uint8 : model::ElementType::int16, shape(e.grid));
  take("labels", model::ElementType::uint8, shape(e.grid));
  take("truth", model::ElementType::uint8, shape(e.truth_grid));
  if (version > 1) {
    e.annotated = j.at("annotated").get<std::vector<float>>();
    e.sums = j.at("crc32").get<std::map<std::string, std::string>>();
  } else {
    take("annotated", model::ElementType::float32, {static_cast<std::int64_t>(classes)});
    e.annotated.resize(classes);
    std::memcpy(e.annotated.data(), e.arrays["annotated"].bytes.data(), classes * sizeof(float));
  }
  if (version > 2) e.partial_extent = j.at("partial_extent").get<std::vector<std::uint8_t>>();
  const auto usable = [this](float f) {
    return f == 0 || f == 1 || (version > 2 && f > 0 && f <= largest_weight);
  };
  if (e.annotated.size() != classes || !std::all_of(e.annotated.begin(), e.annotated.end(), usable))
    fail("case " + e.id + ": annotated is not a weight from 0 to " + std::to_string(int(largest_weight)) +
         " for each of " + std::to_string(classes) + " classes");
  if (std::any_of(e.partial_extent.begin(), e.partial_extent.end(),
                  [&](std::uint8_t c) { return c == 0 || c >= classes; }))
    fail("case " + e.id + ": partial_extent names a class beyond " + std::to_string(classes - 1));
  return e;
}

LabelVolume PackedFile::Parts::labels(const Entry& e, const char* part, const Grid& grid) const {
  LabelVolume out;
  out.grid = grid;
  const auto bytes = e.arrays.at(part).bytes;
  if (version > 1) {
    out.voxels = decompress_bytes(bytes, grid.size);
  } else {
    out.voxels.resize(bytes.size());
    std::memcpy(out.voxels.data(), bytes.data(), bytes.size());
  }
  const std::size_t classes = about.organs.size() + 1;
  if (std::any_of(out.voxels.begin(), out.voxels.end(), [&](std::uint8_t v) { return v >= classes; }))
    fail(std::string(part) + " holds classes beyond " + std::to_string(classes - 1));
  return out;
}

PreparedCase PackedFile::Parts::decode(const Entry& e) const {
  try {
    PreparedCase out;
    out.id = e.id;
    out.annotated = e.annotated;
    out.partial_extent = e.partial_extent;
    out.image.grid = e.grid;
    const auto bytes = e.arrays.at("image").bytes;
    if (version > 1) {
      out.image.voxels = decompress_ct(bytes, e.grid.size);
    } else {
      out.image.voxels.resize(bytes.size() / sizeof(std::int16_t));
      std::memcpy(out.image.voxels.data(), bytes.data(), bytes.size());
    }
    out.labels = labels(e, "labels", e.grid);
    out.truth = labels(e, "truth", e.truth_grid);
    return out;
  } catch (const Error& error) {
    throw error.within("case " + e.id);
  }
}

PackedFile::PackedFile(const std::filesystem::path& path) {
  auto parts = std::make_unique<Parts>(path);
  try {
    parts->take_description();
    for (const auto* list : {&parts->training, &parts->validation})
      for (const Parts::Entry& e : *list) {
        for (const auto& [part, view] : e.arrays)
          if (parts->version > 1 && (!e.sums.contains(part) || e.sums.at(part) != crc_of(view.bytes)))
            fail("case " + e.id + ": " + part + " is damaged (checksum); copy the file again");
        parts->decode(e);
      }
  } catch (const json::exception& e) {
    throw Error(ErrorKind::input, path.string() + ": its description is damaged: " + reason_of(e));
  } catch (const Error& e) {
    throw Error(e.kind() == ErrorKind::model ? ErrorKind::input : e.kind(), path.string() + ": " + e.what());
  }
  parts_ = std::move(parts);
}
PackedFile::~PackedFile() = default;

const PackedDescription& PackedFile::about() const { return parts_->about; }

std::vector<std::string> PackedFile::ids(bool validation) const {
  std::vector<std::string> out;
  for (const Parts::Entry& e : validation ? parts_->validation : parts_->training) out.push_back(e.id);
  return out;
}

PreparedCase PackedFile::read(bool validation, std::size_t index) const {
  try {
    return parts_->decode((validation ? parts_->validation : parts_->training).at(index));
  } catch (const Error& e) {
    throw e.within(parts_->path.string());
  }
}

}  // namespace anatomynet::dataset
