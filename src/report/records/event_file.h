#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace anatomynet::report {

/// CRC-32C (Castagnoli; RFC 3720, B.4).
std::uint32_t crc32c(std::string_view bytes);

/// A TensorBoard event file: TFRecords (length, its masked CRC-32C, data, its masked CRC-32C, little endian)
/// of Event messages in protobuf's wire format. Every record is appended by one write, so that a killed run
/// leaves whole records and at most one torn one at the end, which readers skip.
class EventFile {
 public:
  /// A new file events.out.tfevents.<time>.anatomynet in `folder`, never an old one. `time`: seconds since
  /// 1970. A resumed run gives the first step to come as `restart`: readers then drop what an earlier file
  /// has from there on. Throws Error(output).
  EventFile(const std::filesystem::path& folder, double time, std::int64_t restart = 0);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  void scalar(double time, std::int64_t step, const std::string& tag, float value);
  /// `png`: a PNG file's bytes, RGB.
  void image(double time, std::int64_t step, const std::string& tag, int width, int height,
             const std::string& png);
  const std::filesystem::path& path() const { return path_; }

 private:
  void append(const std::string& event);
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace anatomynet::report
