#include "model/checkpoint_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <set>

#include "core/bfloat16.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/text.h"
#include "model/torch_archive.h"

namespace anatomynet::model {
namespace {

using pickle::Kind;
using pickle::Pickle;
using pickle::Ref;
using pickle::Value;

// Where training programs keep the state_dict, likeliest first.
constexpr const char* usual_keys[] = {"state_dict", "weight",        "model_state_dict", "model",
                                      "weights",    "net",           "network",          "ema",
                                      "module",     "net_state_dict"};
constexpr int deepest = 4;  // of dictionaries in each other, and of parameters around tensors

// IEEE 754 binary16.
float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  float value = 0;
  if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else if (exponent == 31)
    value = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  else
    value = std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

template <class T>
T load(const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

float floating_at(const std::byte* at, const StorageType& type) {
  if (type.brain) return widen(load<std::uint16_t>(at));
  if (type.bytes == 2) return from_half(load<std::uint16_t>(at));
  return type.bytes == 4 ? load<float>(at) : static_cast<float>(load<double>(at));
}

std::int64_t integer_at(const std::byte* at, const StorageType& type) {
  switch (type.bytes) {
    case 1:
      return type.is_signed ? load<std::int8_t>(at) : std::int64_t{load<std::uint8_t>(at)};
    case 2:
      return load<std::int16_t>(at);
    case 4:
      return load<std::int32_t>(at);
    default:
      return load<std::int64_t>(at);
  }
}

class Checkpoint {
 public:
  Checkpoint(const TorchArchive& archive, std::size_t file_size, const std::string& what)
      : archive_(archive), pickle_(archive.pickle), elements_left_(file_size), what_(what) {}

  std::vector<NamedTensor> tensors() {
    const Value& dict = state_dict();
    std::map<std::string, Ref> entries;  // of a key that is there twice the last counts, as in Python
    for (std::size_t i = 0; i < dict.items.size(); i += 2) {
      const Value& key = pickle_[dict.items[i]];
      if (key.kind != Kind::text || key.text.empty() || clean_text(key.text, longest_value) != key.text)
        fail("its state_dict has a key that is no name of a tensor");
      entries[std::string(key.text)] = dict.items[i + 1];
    }
    const std::size_t prefix = shared_prefix(entries);
    std::vector<NamedTensor> list;
    for (const auto& [name, ref] : entries) list.push_back(tensor(name, ref, prefix));
    return list;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error(ErrorKind::model, what_ + ": " + why); }

  // A call that makes a tensor, without the parameter around it; none where it is something else.
  const Value* tensor_call(Ref ref) const {
    for (int depth = 0; depth < deepest; ++depth) {
      const Value& value = pickle_[ref];
      if (value.kind != Kind::call) return nullptr;
      if (value.text == "torch._utils _rebuild_tensor" || value.text == "torch._utils _rebuild_tensor_v2")
        return &value;
      if (value.items.empty()) return nullptr;
      ref = value.items.front();
    }
    return nullptr;
  }

  bool holds_tensors(const Value& dict) const {
    for (std::size_t i = 1; i < dict.items.size(); i += 2)
      if (tensor_call(dict.items[i])) return true;
    return false;
  }

  const Value* at_key(const Value& dict, std::string_view key) const {
    for (std::size_t i = 0; i < dict.items.size(); i += 2)
      if (pickle_[dict.items[i]].kind == Kind::text && pickle_[dict.items[i]].text == key)
        return &pickle_[dict.items[i + 1]];
    return nullptr;
  }

  const Value* find_state_dict(const Value& value, int depth) const {
    if (value.kind != Kind::dict || depth == 0) return nullptr;
    for (const char* key : usual_keys)
      if (const Value* inner = at_key(value, key))
        if (const Value* found = find_state_dict(*inner, depth - 1)) return found;
    return holds_tensors(value) ? &value : nullptr;
  }

  const Value& state_dict() const {
    const Value* found = find_state_dict(pickle_[pickle_.root], deepest);
    if (!found)
      fail(
          "holds no state_dict: no dictionary of tensors, neither by itself nor under \"state_dict\" or "
          "\"weight\"");
    return *found;
  }

  // How long the beginning "module." is that all names share.
  static std::size_t shared_prefix(const std::map<std::string, Ref>& entries) {
    std::size_t length = 0;
    if (entries.size() < 2) return length;
    const std::string &first = entries.begin()->first, &last = entries.rbegin()->first;
    const auto differs = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
    for (auto at = first.begin(); at != differs; ++at)
      if (*at == '.') length = static_cast<std::size_t>(at - first.begin()) + 1;
    return length;
  }

  std::vector<std::int64_t> sizes(const std::string& name, Ref ref) const {
    const Value& tuple = pickle_[ref];
    std::vector<std::int64_t> list;
    if (tuple.kind != Kind::tuple || tuple.items.size() > 8) fail("tensor " + name + " has a damaged shape");
    for (const Ref i : tuple.items) {
      if (pickle_[i].kind != Kind::integer || pickle_[i].integer < 0 ||
          pickle_[i].integer > (std::int64_t{1} << 40))
        fail("tensor " + name + " has an impossible shape");
      list.push_back(pickle_[i].integer);
    }
    return list;
  }

  // Elements, checked against the storage and against what the file can hold in all.
  std::uint64_t count_of(const std::string& name, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& strides, std::uint64_t offset,
                         std::uint64_t stored) {
    if (strides.size() != shape.size()) fail("tensor " + name + " has a damaged shape");
    std::uint64_t count = 1, last = offset;
    for (std::size_t k = 0; k < shape.size(); ++k) {
      const auto size = static_cast<std::uint64_t>(shape[k]), stride = static_cast<std::uint64_t>(strides[k]);
      if (size > 0 && count > stored / size) fail("tensor " + name + " is larger than its storage");
      count *= size;
      if (size > 1 && stride > stored / (size - 1)) fail("tensor " + name + " reaches beyond its storage");
      last += size > 0 ? (size - 1) * stride : 0;
    }
    if (count > 0 && last >= stored) fail("tensor " + name + " reaches beyond its storage");
    if (count > elements_left_) fail("its tensors are larger than the file");
    elements_left_ -= count;
    return count;
  }

  NamedTensor tensor(const std::string& full_name, Ref ref, std::size_t prefix) {
    const std::string name = full_name.substr(prefix);
    const Value* call = tensor_call(ref);
    if (!call) fail("entry " + full_name + " of its state_dict is no tensor");
    if (call->items.size() < 4 || pickle_[call->items[0]].kind != Kind::persistent ||
        pickle_[call->items[1]].kind != Kind::integer || pickle_[call->items[1]].integer < 0)
      fail("tensor " + full_name + " is damaged");
    const StorageId id = storage_id(pickle_, pickle_[call->items[0]], what_);
    const auto storage = archive_.storages.find(id.key);
    if (storage == archive_.storages.end()) fail("storage " + id.key + " is missing");
    const std::uint64_t stored = std::min<std::uint64_t>(id.count, storage->second.size() / id.type.bytes);
    if (stored < id.count)
      fail("storage " + id.key + " holds " + std::to_string(stored) + " elements, expected " +
           std::to_string(id.count));
    const auto offset = static_cast<std::uint64_t>(pickle_[call->items[1]].integer);
    NamedTensor out{name,
                    id.type.floating ? ElementType::float32 : ElementType::int64,
                    sizes(full_name, call->items[2]),
                    {}};
    const std::vector<std::int64_t> strides = sizes(full_name, call->items[3]);
    const std::uint64_t count = count_of(full_name, out.shape, strides, offset, stored);
    if (count > 0) copy(storage->second.data() + offset * id.type.bytes, id.type, strides, count, out);
    return out;
  }

  static void copy(const std::byte* from, const StorageType& type, const std::vector<std::int64_t>& strides,
                   std::uint64_t count, NamedTensor& out) {
    out.bytes.resize(count * bytes_of(out.type));
    std::byte* to = out.bytes.data();
    std::vector<std::int64_t> index(out.shape.size());
    for (std::uint64_t i = 0; i < count; ++i, to += bytes_of(out.type)) {
      std::int64_t place = 0;
      for (std::size_t k = 0; k < index.size(); ++k) place += index[k] * strides[k];
      const std::byte* at = from + place * static_cast<std::int64_t>(type.bytes);
      if (type.floating) {
        const float value = floating_at(at, type);
        std::memcpy(to, &value, sizeof value);
      } else {
        const std::int64_t value = integer_at(at, type);
        std::memcpy(to, &value, sizeof value);
      }
      for (std::size_t k = index.size(); k-- > 0;) {
        if (++index[k] < out.shape[k]) break;
        index[k] = 0;
      }
    }
  }

  const TorchArchive& archive_;
  const Pickle& pickle_;
  std::uint64_t elements_left_;
  const std::string& what_;
};

}  // namespace

std::vector<NamedTensor> read_pytorch_checkpoint(const std::filesystem::path& path) {
  const std::string what = path.string(), file = read_file(path, largest_checkpoint, ErrorKind::model);
  const TorchArchive archive = open_torch_archive(std::as_bytes(std::span(file.data(), file.size())), what);
  return Checkpoint(archive, file.size(), what).tensors();
}

}  // namespace anatomynet::model
