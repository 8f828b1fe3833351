#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dataset/prepared_case.h"

namespace anatomynet::dataset {

/// What a packed data set says of itself.
struct PackedDescription {
  OrganTable organs;
  InputOptions input;       ///< the spacing the cases are at; HU are stored whole, whatever the window
  std::string description;  ///< which data, for the weights file
  std::string attribution;
};

/// Prepared cases in one compressed file (layout: docs/data.md, "Packed set"), taken in one by one; what is
/// held is the compressed form.
class PackedWriter {
 public:
  explicit PackedWriter(PackedDescription about);
  ~PackedWriter();
  /// Throws Error(input) for an id that is there already.
  void add(const PreparedCase& c, bool validation);
  /// Whole or not at all (core/output.h).
  void write(const std::filesystem::path& path);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A packed file, mapped: a case is decompressed when it is asked for, so memory holds the cases in use and
/// no more. Reads the uncompressed form of earlier versions as well. May be read from several threads.
class PackedFile {
 public:
  /// Decodes every case once and keeps none, so that a run does not find damage hours later. Throws
  /// Error(input) naming file, case and reason: not such a file, truncated, a checksum that differs, sizes
  /// that do not fit or that its bytes cannot hold, classes that no organ has.
  explicit PackedFile(const std::filesystem::path& path);
  ~PackedFile();

  const PackedDescription& about() const;
  /// Ids in order; `read` takes the index into them.
  std::vector<std::string> ids(bool validation) const;
  PreparedCase read(bool validation, std::size_t index) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace anatomynet::dataset
