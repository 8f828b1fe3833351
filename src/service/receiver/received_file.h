#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrma.h>

#include "core/sha256.h"

// Internal to the service module.
namespace anatomynet::service {

/// What a C-STORE request says of its instance, and who sends it.
struct InstanceNames {
  std::string sop_class, sop_instance_uid, transfer_syntax;
  std::string calling_ae;  ///< kept where it is an AE title
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

  void begin_to_write_back();

  int fd_;
  std::int64_t bytes_ = 0, given_ = 0, most_;
  std::string problem_;
  Sha256 hash_;
};

/// What DCMTK writes to.
class ReceivedStream : public DcmOutputStream {
 public:
  explicit ReceivedStream(ReceivedFile& file) : DcmOutputStream(&file) {}
};

/// A file's first bytes, up to its data set: preamble and meta information (PS3.10 7.1). The calling AE title
/// is Source Application Entity Title (0002,0016).
std::string file_header(const InstanceNames& names);

struct FileHeader {
  InstanceNames names;
  std::size_t bytes = 0;  ///< where the data set begins
};
/// Reads such a header, of any program; nothing where `start` holds no whole one, or UIDs lack.
std::optional<FileHeader> read_file_header(std::string_view start);

/// The content (ReceivedFile::content) of a file by what it holds now; empty where it cannot be read.
std::string content_of(const std::filesystem::path& file, const FileHeader& header);

}  // namespace anatomynet::service
