#include "model/torch_archive.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/error.h"
#include "core/text.h"
#include "model/zip_file.h"

namespace anatomynet::model {
namespace {

using pickle::Kind;
using pickle::Pickle;
using pickle::Value;

constexpr std::array<StorageType, 10> storage_types{{{"torch FloatStorage", 4, true},
                                                     {"torch DoubleStorage", 8, true},
                                                     {"torch HalfStorage", 2, true},
                                                     {"torch BFloat16Storage", 2, true, true, true},
                                                     {"torch LongStorage", 8},
                                                     {"torch IntStorage", 4},
                                                     {"torch ShortStorage", 2},
                                                     {"torch CharStorage", 1},
                                                     {"torch ByteStorage", 1, false, false},
                                                     {"torch BoolStorage", 1, false, false}}};

// torch.serialization's MAGIC_NUMBER and PROTOCOL_VERSION, with which the older layout begins.
constexpr std::string_view magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t legacy_version = 1001;

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw Error(ErrorKind::model, what + ": " + why);
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TorchArchive open_zip(std::span<const std::byte> file, const std::string& what) {
  const auto entries = zip_entries(file, what);
  const auto pickled = std::find_if(entries.begin(), entries.end(), [](const auto& e) {
    return e.first.ends_with("/data.pkl") && std::count(e.first.begin(), e.first.end(), '/') == 1;
  });
  if (pickled == entries.end())
    fail(what, "a zip archive without data.pkl; expected a checkpoint that torch.save wrote");
  const std::string folder = pickled->first.substr(0, pickled->first.size() - std::strlen("data.pkl"));
  if (const auto order = entries.find(folder + "byteorder");
      order != entries.end() && text_of(order->second.bytes) != "little")
    fail(what, "its numbers are big-endian, which this program does not read");
  pickled->second.check(what + ": data.pkl");
  TorchArchive archive{pickle::read_pickle(text_of(pickled->second.bytes), what), {}};
  for (const Value& value : archive.pickle.values) {
    if (value.kind != Kind::persistent) continue;
    const StorageId id = storage_id(archive.pickle, value, what);
    if (archive.storages.contains(id.key)) continue;
    const auto entry = entries.find(folder + "data/" + id.key);
    if (entry == entries.end()) fail(what, "storage " + id.key + " is missing");
    entry->second.check(what + ": storage " + id.key);
    archive.storages[id.key] = entry->second.bytes;
  }
  return archive;
}

class Legacy {
 public:
  Legacy(std::span<const std::byte> file, const std::string& what) : file_(file), what_(what) {}

  TorchArchive open() {
    next();  // the magic number
    const Pickle version = next();
    if (version[version.root].kind != Kind::integer || version[version.root].integer != legacy_version)
      fail(what_,
           "it begins as a checkpoint of PyTorch, but its version is not " + std::to_string(legacy_version));
    const Pickle system = next();
    require_little_endian(system);
    TorchArchive archive{next(), {}};
    std::map<std::string, StorageId, std::less<>> ids;
    for (const Value& value : archive.pickle.values) {
      if (value.kind != Kind::persistent) continue;
      StorageId id = storage_id(archive.pickle, value, what_);
      ids.emplace(id.key, id);
    }
    const Pickle keys = next();
    if (keys[keys.root].kind != Kind::list) fail(what_, "its list of storages is damaged");
    for (const pickle::Ref i : keys[keys.root].items) {
      const auto id = ids.find(keys[i].text);
      if (keys[i].kind != Kind::text || id == ids.end()) fail(what_, "its list of storages is damaged");
      if (!archive.storages.emplace(id->first, storage(id->second)).second)
        fail(what_, "storage " + id->first + " is there twice");
    }
    return archive;
  }

 private:
  Pickle next() {
    Pickle pickle = pickle::read_pickle(text_of(file_.subspan(at_)), what_);
    at_ += pickle.bytes;
    return pickle;
  }

  void require_little_endian(const Pickle& system) const {
    const Value& dict = system[system.root];
    for (std::size_t i = 0; dict.kind == Kind::dict && i < dict.items.size(); i += 2)
      if (const Value& value = system[dict.items[i + 1]];
          system[dict.items[i]].text == "little_endian" && value.kind == Kind::boolean && value.integer == 0)
        fail(what_, "its numbers are big-endian, which this program does not read");
  }

  // Number of elements, then the elements.
  std::span<const std::byte> storage(const StorageId& id) {
    std::uint64_t count = 0;
    if (file_.size() - at_ < sizeof count) fail(what_, "truncated before storage " + id.key);
    std::memcpy(&count, file_.data() + at_, sizeof count);
    at_ += sizeof count;
    if (count > (file_.size() - at_) / id.type.bytes)
      fail(what_, "truncated: storage " + id.key + " of " + std::to_string(count) +
                      " elements ends beyond the end of the file; copy the file again");
    const auto bytes = file_.subspan(at_, count * id.type.bytes);
    at_ += bytes.size();
    return bytes;
  }

  std::span<const std::byte> file_;
  const std::string& what_;
  std::size_t at_ = 0;
};

}  // namespace

// ("storage", class, key, location, elements), in older files with the view that the storage is of another.
StorageId storage_id(const Pickle& pickle, const Value& persistent, const std::string& what) {
  const Value& id = pickle[persistent.items.front()];
  const auto& items = id.items;
  if (id.kind != Kind::tuple || items.size() < 5 || items.size() > 6 || pickle[items[0]].text != "storage" ||
      pickle[items[1]].kind != Kind::global || pickle[items[2]].kind != Kind::text ||
      pickle[items[4]].kind != Kind::integer)
    fail(what, "refers to something other than a storage of numbers");
  if (items.size() == 6 && pickle[items[5]].kind != Kind::none)
    fail(what,
         "holds storages that are views of others, which this program does not read; save the "
         "state_dict anew with PyTorch 1.6 or later");
  const auto type = std::find_if(storage_types.begin(), storage_types.end(),
                                 [&](const StorageType& t) { return t.global == pickle[items[1]].text; });
  const std::string key = clean_text(pickle[items[2]].text, longest_value);
  if (type == storage_types.end()) fail(what, "storage " + key + " is of no known type");
  if (pickle[items[4]].integer < 0) fail(what, "storage " + key + " has a negative size");
  return {*type, key, static_cast<std::uint64_t>(pickle[items[4]].integer)};
}

TorchArchive open_torch_archive(std::span<const std::byte> file, const std::string& what) {
  const std::string_view text = text_of(file);
  if (text.starts_with("PK\x03\x04")) return open_zip(file, what);
  if (text.substr(0, 20).find(magic) != std::string_view::npos) return Legacy(file, what).open();
  if (text.size() > 262 && text.substr(257, 5) == "ustar")
    fail(what,
         "a checkpoint of PyTorch before 0.2, or another tar archive; save it anew with a later PyTorch");
  fail(what, "no checkpoint of PyTorch (neither the zip file nor the pickles that torch.save writes)");
}

}  // namespace anatomynet::model
