#include "report/records/event_file.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "core/error.h"

namespace anatomynet::report {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int k = 0; k < 8; ++k) table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0x82f63b78u : 0);
  }
  return table;
}();

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
}

// Fields of protobuf's wire format: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string key(unsigned field, unsigned type) { return varint(field << 3 | type); }
std::string number(unsigned field, std::int64_t value) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string real(unsigned field, double value) {
  return key(field, 1) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string real(unsigned field, float value) {
  return key(field, 5) + little_endian(std::bit_cast<std::uint32_t>(value));
}
std::string text(unsigned field, const std::string& bytes) {
  return key(field, 2) + varint(bytes.size()) + bytes;
}

// Event { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 }.
std::string event(double time, std::int64_t step, const std::string& what) {
  return real(1, time) + number(2, step) + what;
}
// Summary { value = 1 }, Value { tag = 1, simple_value = 2, image = 4 }.
std::string summary(const std::string& tag, const std::string& value) {
  return text(5, text(1, text(1, tag) + value));
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw Error(ErrorKind::output, path.string() + ": cannot write: " + std::strerror(errno) +
                                     "; choose a writable output with enough free space");
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, double time, std::int64_t restart) {
  for (auto second = static_cast<std::int64_t>(time); file_ < 0; ++second) {
    path_ = folder / ("events.out.tfevents." + std::to_string(second) + ".anatomynet");
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (file_ < 0 && errno != EEXIST) fail(path_);
  }
  append(real(1, time) + text(3, "brain.Event:2"));
  if (restart > 0) append(event(time, restart, text(7, number(1, 1))));  // SessionLog { status = START }
}

EventFile::~EventFile() { ::close(file_); }

void EventFile::scalar(double time, std::int64_t step, const std::string& tag, float value) {
  append(event(time, step, summary(tag, real(2, value))));
}

void EventFile::image(double time, std::int64_t step, const std::string& tag, int width, int height,
                      const std::string& png) {
  // Image { height = 1, width = 2, colorspace = 3 (3: RGB), encoded_image_string = 4 }.
  append(event(time, step,
               summary(tag, text(4, number(1, height) + number(2, width) + number(3, 3) + text(4, png)))));
}

void EventFile::append(const std::string& data) {
  const std::string length = little_endian(static_cast<std::uint64_t>(data.size()));
  const std::string record = length + masked_crc(length) + data + masked_crc(data);
  for (std::size_t done = 0; done < record.size();) {
    const auto n = ::write(file_, record.data() + done, record.size() - done);
    if (n < 0 && errno != EINTR) fail(path_);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

}  // namespace anatomynet::report
