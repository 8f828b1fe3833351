#include "model/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"

namespace anatomynet::model {
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
  throw Error(ErrorKind::model, path.empty() ? why : path.string() + ": " + why);
}

// An entry of the header and where its bytes lie in the data.
struct Placed {
  std::uint64_t begin = 0, end = 0;
  NamedTensor tensor;
};

// Whole numbers alone: the JSON library would round 1.5 and wrap -1.
std::vector<std::uint64_t> numbers(const std::filesystem::path& path, const std::string& name,
                                   const char* key, const nlohmann::json& entry) {
  std::vector<std::uint64_t> list;
  const auto& array = entry.at(key);
  if (!array.is_array()) fail(path, "tensor " + name + ": " + key + " is no list");
  for (const auto& n : array) {
    if (!n.is_number_unsigned())
      fail(path, "tensor " + name + ": " + key + " holds " + json_text(n) + ", no size");
    list.push_back(n.get<std::uint64_t>());
  }
  return list;
}

Placed parse_entry(const std::filesystem::path& path, const std::string& name, const nlohmann::json& entry,
                   std::uint64_t data_size) {
  Placed placed;
  NamedTensor& tensor = placed.tensor;
  tensor.name = name;
  const auto dtype = entry.at("dtype").get<std::string>();
  const auto known = std::find_if(std::begin(type_names), std::end(type_names),
                                  [&](const auto& t) { return dtype == t.second; });
  if (known == std::end(type_names))
    fail(path, "tensor " + name + " has element type " + dtype + ", which this program does not read");
  tensor.type = known->first;
  constexpr std::uint64_t largest =
      std::numeric_limits<std::int64_t>::max() / 8;  // in bytes: of the widest type
  std::uint64_t count = 1;
  for (const std::uint64_t n : numbers(path, name, "shape", entry)) {
    if (n > largest || (n > 0 && count > largest / n))
      fail(path, "tensor " + name + " has an impossible shape");
    count *= n;
    tensor.shape.push_back(static_cast<std::int64_t>(n));
  }
  const auto offsets = numbers(path, name, "data_offsets", entry);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) fail(path, "tensor " + name + " has damaged offsets");
  if (offsets[1] > data_size) {
    fail(path, "truncated: tensor " + name + " ends at byte " + std::to_string(offsets[1]) +
                   " of the data, the file holds " + std::to_string(data_size) + "; copy the file again");
  }
  if (offsets[1] - offsets[0] != count * bytes_of(tensor.type))
    fail(path, "tensor " + name + ": its shape does not fit its bytes");
  placed.begin = offsets[0];
  placed.end = offsets[1];
  return placed;
}

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<Placed> placed;  // in file order, one behind the other
};

Header parse_header(const std::filesystem::path& path, std::string_view text, std::uint64_t data_size) {
  Header out;
  try {
    const auto header =
        parse_json(text, path.string() + ": its header is damaged or not safetensors", ErrorKind::model);
    if (!header.is_object()) fail(path, "its header is damaged or not safetensors");
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        out.metadata = entry.get<std::map<std::string, std::string>>();
      } else {
        out.placed.push_back(parse_entry(path, name, entry, data_size));
      }
    }
  } catch (const nlohmann::json::exception&) {
    fail(path, "its header is damaged or not safetensors");
  }
  // By both ends: an empty tensor stands before the one that begins where it lies.
  std::stable_sort(out.placed.begin(), out.placed.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t expected = 0;
  for (const Placed& p : out.placed) {
    if (p.begin != expected) fail(path, "tensor " + p.tensor.name + " overlaps another or leaves a gap");
    expected = p.end;
  }
  if (expected != data_size)
    fail(path, std::to_string(data_size - expected) + " bytes too long; copy the file again");
  return out;
}

// The header's length, as far as the file's size allows it.
void check_header_size(const std::filesystem::path& path, std::uint64_t header_size, std::uint64_t size) {
  if (header_size > largest_header || header_size < 2)
    fail(path, "not a weights file (no safetensors header)");
  if (header_size > size - 8) fail(path, "truncated in its header, or not a weights file (safetensors)");
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
  check_header_size(path, header_size, size);
  std::string text(header_size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(header_size))) fail(path, "truncated in its header");

  Header header = parse_header(path, text, size - 8 - header_size);
  TensorFile file{std::move(header.metadata), {}};
  for (Placed& p : header.placed) {
    p.tensor.bytes.resize(p.end - p.begin);
    if (!in.read(reinterpret_cast<char*>(p.tensor.bytes.data()),
                 static_cast<std::streamsize>(p.tensor.bytes.size()))) {
      fail(path, "truncated in tensor " + p.tensor.name);
    }
    file.tensors.push_back(std::move(p.tensor));
  }
  return file;
}

TensorFileView view_tensor_file(const std::filesystem::path& path, std::span<const std::byte> file) {
  std::uint64_t header_size = 0;
  if (file.size() < sizeof header_size)
    fail(path, "holds " + std::to_string(file.size()) + " bytes: not safetensors, or truncated");
  std::memcpy(&header_size, file.data(), sizeof header_size);
  check_header_size(path, header_size, file.size());
  const auto data = file.subspan(8 + header_size);
  Header header =
      parse_header(path, {reinterpret_cast<const char*>(file.data()) + 8, header_size}, data.size());
  TensorFileView view{std::move(header.metadata), {}};
  for (Placed& p : header.placed)
    view.tensors.push_back({std::move(p.tensor.name), p.tensor.type, std::move(p.tensor.shape),
                            data.subspan(p.begin, p.end - p.begin)});
  return view;
}

void write_tensor_file(const std::filesystem::path& path, const TensorFile& file) {
  auto header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor& t : file.tensors) {
    const auto type = std::find_if(std::begin(type_names), std::end(type_names),
                                   [&](const auto& n) { return n.first == t.type; });
    header[t.name] = {
        {"dtype", type->second}, {"shape", t.shape}, {"data_offsets", {offset, offset + t.bytes.size()}}};
    offset += t.bytes.size();
  }
  std::string text = json_text(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t header_size = text.size();
  std::string bytes(reinterpret_cast<const char*>(&header_size), 8);
  bytes.reserve(8 + text.size() + offset);
  bytes += text;
  for (const NamedTensor& t : file.tensors)
    bytes.append(reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size());
  write_file_atomically(path, bytes);
}

}  // namespace anatomynet::model
