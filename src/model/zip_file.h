#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace anatomynet::model {

/// A file in a zip archive, as it lies in the archive's bytes.
struct ZipEntry {
  std::span<const std::byte> bytes;
  std::uint32_t crc = 0;  ///< CRC-32 that the archive states

  /// Throws Error(model) "what: ..." where the bytes are not those that were written.
  void check(const std::string& what) const;
};

/// The files of a zip archive that lies in memory (PKWARE's APPNOTE 6.3), by name; for archives of less than
/// 4 GB whose files are stored, not compressed, as torch.save writes them. Throws Error(model) "what: ..."
/// for anything else, and for a directory that does not fit the bytes.
std::map<std::string, ZipEntry> zip_entries(std::span<const std::byte> archive, const std::string& what);

}  // namespace anatomynet::model
