#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrma.h>

#include "core/sha256.h"

// Internal to the service module.
namespace anatomynet::service {

/// What a C-STORE request says of its instance.
struct InstanceNames {
  std::string sop_class, sop_instance_uid, transfer_syntax;
};

/// Writes a data set behind a file header of its own (PS3.10 7.1), byte for byte as it comes. It takes all
/// bytes even where it cannot keep them (disk full, too large), since DCMTK would read past the end of a data
/// set whose last piece was refused; `problem` then says why.
class ReceivedFile : public DcmConsumer {
 public:
  ReceivedFile(const std::filesystem::path& path, const InstanceNames& names, std::int64_t most_bytes);
  ~ReceivedFile() override;
  ReceivedFile(const ReceivedFile&) = delete;
  ReceivedFile& operator=(const ReceivedFile&) = delete;

  OFBool good() const override { return OFTrue; }
  OFCondition status() const override;
  OFBool isFlushed() const override { return OFTrue; }
  offile_off_t avail() const override { return 1 << 30; }
  offile_off_t write(const void* bytes, offile_off_t length) override;
  void flush() override {}

  /// Closes it; StoreFiles::keep flushes it to disk.
  void finish();
  const std::string& problem() const { return problem_; }  ///< empty: none so far
  std::int64_t bytes() const { return bytes_; }            ///< of the file
  std::string content() { return hash_.hex(); }            ///< SHA-256 of names and data set; once

 private:
  void put(const char* bytes, std::int64_t length);

  int fd_;
  std::int64_t bytes_ = 0, most_;
  std::string problem_;
  Sha256 hash_;
};

/// What DCMTK writes to.
class ReceivedStream : public DcmOutputStream {
 public:
  explicit ReceivedStream(ReceivedFile& file) : DcmOutputStream(&file) {}
};

/// A file's first bytes, up to its data set: preamble and meta information.
std::string file_header(const InstanceNames& names);

}  // namespace anatomynet::service
