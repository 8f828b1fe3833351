#pragma once
#include <cstdint>
#include <filesystem>

// Internal to the io module.
namespace anatomynet::io {

/// What reading a DICOM file of many small items takes.
struct ItemLoad {
  std::int64_t items = 0;     ///< sequence items
  std::int64_t inflated = 0;  ///< bytes of a deflated data set, which DCMTK keeps whole; 0 of any other
  /// Measured: 1.3 kB an item of three elements and its contour.
  std::int64_t bytes() const { return 1300 * items + inflated; }
};

/// Counts by one pass over the file's bytes; a deflated data set is inflated on the way, nothing is kept.
ItemLoad item_load(const std::filesystem::path& file);

/// Throws Error(memory) where reading would take more than half of what is available: before DCMTK, which
/// would ask for it piece by piece. Small files are not looked at.
void require_memory_for_items(const std::filesystem::path& file);

}  // namespace anatomynet::io
