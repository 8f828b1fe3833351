#include "model/zip_file.h"

#include <algorithm>

#include <zlib.h>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model {
namespace {

constexpr std::uint32_t end_signature = 0x06054b50, central_signature = 0x02014b50,
                        local_signature = 0x04034b50;
constexpr std::size_t end_size = 22, central_size = 46, local_size = 30, longest_comment = 65535;

class Archive {
 public:
  Archive(std::span<const std::byte> bytes, const std::string& what) : bytes_(bytes), what_(what) {}

  std::map<std::string, ZipEntry> entries() const {
    const std::size_t end = end_record();
    const std::uint64_t count = number(end + 10, 2), size = number(end + 12, 4), at = number(end + 16, 4);
    if (at > end || size > end - at) fail("its directory lies outside the file");
    std::map<std::string, ZipEntry> found;
    std::size_t place = at;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (end - place < central_size || number(place, 4) != central_signature)
        fail("entry " + std::to_string(i + 1) + " of its directory is damaged");
      const std::size_t name = number(place + 28, 2), more = number(place + 30, 2) + number(place + 32, 2);
      if (end - place - central_size < name + more)
        fail("entry " + std::to_string(i + 1) + " of its directory is damaged");
      const std::string key = text(place + central_size, name);
      if (!found.emplace(key, entry(place, key)).second)
        fail("holds '" + clean_text(key, longest_value) + "' twice");
      place += central_size + name + more;
    }
    return found;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::model, what_ + ": the zip archive is truncated or damaged: " + why);
  }

  // Little-endian; the caller knows that the bytes are there.
  std::uint64_t number(std::size_t at, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[at + i]);
    return value;
  }

  std::string text(std::size_t at, std::size_t size) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + at, size};
  }

  // The last one: a comment of any text may follow.
  std::size_t end_record() const {
    if (bytes_.size() < end_size) fail("it ends before its directory");
    const std::size_t last = bytes_.size() - end_size, first = last - std::min(last, longest_comment);
    for (std::size_t at = last + 1; at-- > first;)
      if (number(at, 4) == end_signature) return at;
    fail("it ends before its directory; copy the file again");
  }

  ZipEntry entry(std::size_t central, const std::string& name) const {
    const auto refuse = [&](const std::string& why) {
      fail("'" + clean_text(name, longest_value) + "' " + why);
    };
    const std::uint64_t packed = number(central + 20, 4), size = number(central + 24, 4),
                        local = number(central + 42, 4);
    if ((number(central + 8, 2) & 1) != 0) refuse("is encrypted");
    if (number(central + 10, 2) != 0 || packed != size)
      refuse("is compressed, as torch.save never writes it");
    if (local > bytes_.size() || bytes_.size() - local < local_size || number(local, 4) != local_signature)
      refuse("does not lie where the directory says");
    const std::uint64_t data = local + local_size + number(local + 26, 2) + number(local + 28, 2);
    if (data > bytes_.size() || size > bytes_.size() - data) refuse("ends beyond the end of the file");
    return {bytes_.subspan(data, size), static_cast<std::uint32_t>(number(central + 16, 4))};
  }

  std::span<const std::byte> bytes_;
  const std::string& what_;
};

}  // namespace

void ZipEntry::check(const std::string& what) const {
  const auto found = ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (found != crc)
    throw Error(ErrorKind::model, what + ": its bytes do not fit their checksum; copy the file again");
}

std::map<std::string, ZipEntry> zip_entries(std::span<const std::byte> archive, const std::string& what) {
  return Archive(archive, what).entries();
}

}  // namespace anatomynet::model
