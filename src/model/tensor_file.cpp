#include "model/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/output.h"

namespace anatomynet {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the arrays are read and written as they lie in memory");

constexpr std::uint64_t largest_header = 64u << 20;
constexpr std::pair<ElementType, const char*> type_names[] = {{ElementType::float32, "F32"},
                                                              {ElementType::float64, "F64"},
                                                              {ElementType::int16, "I16"},
                                                              {ElementType::int64, "I64"},
                                                              {ElementType::uint8, "U8"}};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::model, path.string() + ": " + why);
}

NamedTensor parse_entry(const std::filesystem::path& path, const std::string& name,
                        const nlohmann::json& entry, std::uint64_t data_size, std::uint64_t& begin) {
  NamedTensor tensor;
  tensor.name = name;
  const auto dtype = entry.at("dtype").get<std::string>();
  const auto known = std::find_if(std::begin(type_names), std::end(type_names),
                                  [&](const auto& t) { return dtype == t.second; });
  if (known == std::end(type_names))
    fail(path, "tensor " + name + " has element type " + dtype + ", which this program does not read");
  tensor.type = known->first;
  tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
  std::uint64_t count = 1;
  for (const std::int64_t n : tensor.shape) {
    if (n < 0 ||
        (n > 0 && count > std::numeric_limits<std::uint64_t>::max() / 16 / static_cast<std::uint64_t>(n))) {
      fail(path, "tensor " + name + " has an impossible shape");
    }
    count *= static_cast<std::uint64_t>(n);
  }
  const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
  if (offsets.size() != 2 || offsets[0] > offsets[1]) fail(path, "tensor " + name + " has damaged offsets");
  if (offsets[1] > data_size) {
    fail(path, "truncated: tensor " + name + " ends at byte " + std::to_string(offsets[1]) +
                   " of the data, the file holds " + std::to_string(data_size) + "; copy the file again");
  }
  if (offsets[1] - offsets[0] != count * bytes_of(tensor.type))
    fail(path, "tensor " + name + ": its shape does not fit its bytes");
  begin = offsets[0];
  tensor.bytes.resize(offsets[1] - offsets[0]);
  return tensor;
}

}  // namespace

std::size_t bytes_of(ElementType type) {
  switch (type) {
    case ElementType::float64:
    case ElementType::int64:
      return 8;
    case ElementType::float32:
      return 4;
    case ElementType::int16:
      return 2;
    case ElementType::uint8:
      break;
  }
  return 1;
}

std::int64_t NamedTensor::count() const { return static_cast<std::int64_t>(bytes.size() / bytes_of(type)); }

const NamedTensor* TensorFile::find(const std::string& name) const {
  const auto it =
      std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
  return it == tensors.end() ? nullptr : &*it;
}

TensorFile read_tensor_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    fail(path, "is a folder, expected a weights file (.safetensors)");
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path, "cannot be opened; check the path and its permissions");
  in.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(0, in.tellg()));
  in.seekg(0);
  std::uint64_t header_size = 0;
  if (size < 8 || !in.read(reinterpret_cast<char*>(&header_size), 8)) {
    fail(path, "holds " + std::to_string(size) + " bytes: not a weights file, or truncated");
  }
  if (header_size > largest_header || header_size < 2)
    fail(path, "not a weights file (no safetensors header)");
  if (8 + header_size > size) fail(path, "truncated in its header, or not a weights file (safetensors)");
  std::string text(header_size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(header_size))) fail(path, "truncated in its header");

  TensorFile file;
  const std::uint64_t data_size = size - 8 - header_size;
  std::vector<std::pair<std::uint64_t, NamedTensor>> placed;
  try {
    const auto header = nlohmann::json::parse(text);
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        file.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      std::uint64_t begin = 0;
      NamedTensor tensor = parse_entry(path, name, entry, data_size, begin);
      placed.emplace_back(begin, std::move(tensor));
    }
  } catch (const nlohmann::json::exception&) {
    fail(path, "its header is damaged or not safetensors");
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::uint64_t expected = 0;
  for (auto& [begin, tensor] : placed) {
    if (begin != expected) fail(path, "tensor " + tensor.name + " overlaps another or leaves a gap");
    expected += tensor.bytes.size();
    if (!in.read(reinterpret_cast<char*>(tensor.bytes.data()),
                 static_cast<std::streamsize>(tensor.bytes.size()))) {
      fail(path, "truncated in tensor " + tensor.name);
    }
    file.tensors.push_back(std::move(tensor));
  }
  if (expected != data_size)
    fail(path, std::to_string(data_size - expected) + " bytes too long; copy the file again");
  return file;
}

void write_tensor_file(const std::filesystem::path& path, const TensorFile& file) {
  nlohmann::ordered_json header;
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor& t : file.tensors) {
    const auto type = std::find_if(std::begin(type_names), std::end(type_names),
                                   [&](const auto& n) { return n.first == t.type; });
    header[t.name] = {
        {"dtype", type->second}, {"shape", t.shape}, {"data_offsets", {offset, offset + t.bytes.size()}}};
    offset += t.bytes.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t header_size = text.size();
  std::string bytes(reinterpret_cast<const char*>(&header_size), 8);
  bytes.reserve(8 + text.size() + offset);
  bytes += text;
  for (const NamedTensor& t : file.tensors)
    bytes.append(reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size());
  write_file_atomically(path, bytes);
}

}  // namespace anatomynet
