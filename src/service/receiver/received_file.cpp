#include "service/receiver/received_file.h"

#include <cerrno>
#include <cstring>

#include <dcmtk/dcmdata/dcerror.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <fcntl.h>
#include <unistd.h>

namespace anatomynet::service {
namespace {

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

}  // namespace

std::string file_header(const InstanceNames& names) {
  std::string group;
  append_element(group, 0x0001, "OB", std::string("\0\1", 2), '\0');
  append_element(group, 0x0002, "UI", names.sop_class, '\0');
  append_element(group, 0x0003, "UI", names.sop_instance_uid, '\0');
  append_element(group, 0x0010, "UI", names.transfer_syntax, '\0');
  append_element(group, 0x0012, "UI", OFFIS_IMPLEMENTATION_CLASS_UID, '\0');
  append_element(group, 0x0013, "SH", "ANATOMYNET", ' ');
  std::string length;
  append_number(length, group.size(), 4);
  std::string out(128, '\0');
  out += "DICM";
  append_element(out, 0x0000, "UL", length, '\0');
  return out + group;
}

ReceivedFile::ReceivedFile(const std::filesystem::path& path, const InstanceNames& names,
                           std::int64_t most_bytes)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)),
      most_(most_bytes) {
  if (fd_ < 0) problem_ = std::string("cannot create a file: ") + std::strerror(errno);
  hash_.add_field(names.sop_class);
  hash_.add_field(names.sop_instance_uid);
  hash_.add_field(names.transfer_syntax);
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
}

void ReceivedFile::finish() {
  if (fd_ < 0) return;
  if (::close(fd_) != 0 && problem_.empty()) problem_ = std::string("cannot write: ") + std::strerror(errno);
  fd_ = -1;
}

}  // namespace anatomynet::service
