#include "service/receiver/received_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <dcmtk/dcmdata/dcerror.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <fcntl.h>
#include <unistd.h>

namespace anatomynet::service {
namespace {

constexpr std::int64_t write_back_bytes = 256 << 10;

void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int k = 0; k < bytes; ++k) out.push_back(static_cast<char>(value >> (8 * k) & 0xff));
}

// An element of group 0002, explicit VR little endian; text is padded to an even length.
void append_element(std::string& out, std::uint16_t element, const char* vr, std::string value,
                    char padding) {
  if (value.size() % 2 != 0) value.push_back(padding);
  append_number(out, 0x0002, 2);
  append_number(out, element, 2);
  out += vr;
  if (std::strcmp(vr, "OB") == 0) {
    append_number(out, 0, 2);
    append_number(out, value.size(), 4);
  } else {
    append_number(out, value.size(), 2);
  }
  out += value;
}

bool is_ae_title(const std::string& text) {
  return !text.empty() && text.size() <= 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int k = 0; k < size; ++k)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(k)])} << (8 * k);
  return value;
}

std::string unpadded(std::string_view value) {
  const std::size_t last = value.find_last_not_of(std::string_view(" \0", 2));
  return std::string(value.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

void add_names(Sha256& hash, const InstanceNames& names) {
  hash.add_field(names.sop_class);
  hash.add_field(names.sop_instance_uid);
  hash.add_field(names.transfer_syntax);
}

}  // namespace

std::string file_header(const InstanceNames& names) {
  std::string group;
  append_element(group, 0x0001, "OB", std::string("\0\1", 2), '\0');
  append_element(group, 0x0002, "UI", names.sop_class, '\0');
  append_element(group, 0x0003, "UI", names.sop_instance_uid, '\0');
  append_element(group, 0x0010, "UI", names.transfer_syntax, '\0');
  append_element(group, 0x0012, "UI", OFFIS_IMPLEMENTATION_CLASS_UID, '\0');
  append_element(group, 0x0013, "SH", "ANATOMYNET", ' ');
  if (is_ae_title(names.calling_ae)) append_element(group, 0x0016, "AE", names.calling_ae, ' ');
  std::string length;
  append_number(length, group.size(), 4);
  std::string out(128, '\0');
  out += "DICM";
  append_element(out, 0x0000, "UL", length, '\0');
  return out + group;
}

std::optional<FileHeader> read_file_header(std::string_view start) {
  constexpr std::size_t preamble = 128, first_element = preamble + 4, group = first_element + 12;
  if (start.size() < group || start.substr(preamble, 4) != "DICM" ||
      start.substr(first_element, 8) != std::string_view("\2\0\0\0UL\4\0", 8))
    return std::nullopt;
  FileHeader header;
  header.bytes = group + number_at(start, group - 4, 4);
  if (header.bytes > start.size()) return std::nullopt;
  std::size_t at = group;
  while (at + 8 <= header.bytes) {
    if (number_at(start, at, 2) != 0x0002) return std::nullopt;
    const std::uint32_t element = number_at(start, at + 2, 2);
    const std::string_view vr = start.substr(at + 4, 2);
    const bool is_long = vr == "OB" || vr == "UN" || vr == "UT" || vr == "OW" || vr == "SQ";
    if (is_long && at + 12 > header.bytes) return std::nullopt;
    const std::size_t length = is_long ? number_at(start, at + 8, 4) : number_at(start, at + 6, 2);
    at += is_long ? 12 : 8;
    if (length > header.bytes - at) return std::nullopt;
    const std::string value = unpadded(start.substr(at, length));
    if (element == 0x0002) header.names.sop_class = value;
    if (element == 0x0003) header.names.sop_instance_uid = value;
    if (element == 0x0010) header.names.transfer_syntax = value;
    if (element == 0x0016) header.names.calling_ae = value;
    at += length;
  }
  const InstanceNames& n = header.names;
  if (at != header.bytes || n.sop_class.empty() || n.sop_instance_uid.empty() || n.transfer_syntax.empty())
    return std::nullopt;
  return header;
}

std::string content_of(const std::filesystem::path& file, const FileHeader& header) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(header.bytes));
  Sha256 hash;
  add_names(hash, header.names);
  std::vector<char> block(std::size_t{1} << 20);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  }
  return in.eof() && !in.bad() ? hash.hex() : std::string();
}

ReceivedFile::ReceivedFile(const std::filesystem::path& path, const InstanceNames& names,
                           std::int64_t most_bytes)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)),
      most_(most_bytes) {
  if (fd_ < 0) problem_ = std::string("cannot create a file: ") + std::strerror(errno);
  add_names(hash_, names);
  const std::string header = file_header(names);
  put(header.data(), static_cast<std::int64_t>(header.size()));
}

ReceivedFile::~ReceivedFile() {
  if (fd_ >= 0) ::close(fd_);
}

OFCondition ReceivedFile::status() const { return EC_Normal; }

offile_off_t ReceivedFile::write(const void* bytes, offile_off_t length) {
  const char* const text = static_cast<const char*>(bytes);
  if (problem_.empty()) {
    hash_.add(std::string_view(text, static_cast<std::size_t>(length)));
    put(text, length);
  }
  return length;
}

void ReceivedFile::put(const char* bytes, std::int64_t length) {
  bytes_ += length;
  if (problem_.empty() && bytes_ > most_)
    problem_ = "larger than " + std::to_string(most_ >> 20) + " MB (max_instance_mb)";
  while (length > 0 && problem_.empty()) {
    const ssize_t n = ::write(fd_, bytes, static_cast<std::size_t>(length));
    if (n < 0 && errno != EINTR) problem_ = std::string("cannot write: ") + std::strerror(errno);
    if (n <= 0) continue;
    bytes += n;
    length -= n;
  }
  begin_to_write_back();
}

// The disk works while more is coming in, so that the flush at the end has less to wait for.
void ReceivedFile::begin_to_write_back() {
  if (bytes_ - given_ < write_back_bytes || !problem_.empty()) return;
  ::sync_file_range(fd_, given_, bytes_ - given_, SYNC_FILE_RANGE_WRITE);
  given_ = bytes_;
}

void ReceivedFile::finish() {
  if (fd_ < 0) return;
  if (::close(fd_) != 0 && problem_.empty()) problem_ = std::string("cannot write: ") + std::strerror(errno);
  fd_ = -1;
}

}  // namespace anatomynet::service
