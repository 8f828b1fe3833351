#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/uneven_slices.h"
#include "io/ct_image.h"
#include "review/structure.h"

namespace anatomynet::review {

/// What the structures of a case come from.
struct Origin {
  std::string input;         ///< a path
  std::string input_digest;  ///< SHA-256 of the file that holds them, by which a change is known
  std::string model;         ///< identity of the model; empty: not known
  std::string weights;       ///< checksum of its weights alone; empty: not known
  std::string template_file, template_sha256;  ///< how the structures were named; empty: by none
  std::string program;                         ///< that made them, with its version; empty: not known
  std::string predecessor;  ///< SOP Instance UID of the structure set that they are from; empty: none
};

/// A CT and the structures on it, as they were before review. Structures lie on `grid`: the CT's own, one z
/// index a slice, also where slices lie unevenly.
struct OpenedCase {
  std::string name;     ///< of the folder or file
  std::string ct_path;  ///< absolute
  io::CtImage ct;
  Grid grid;
  Structures structures;
  Origin origin;
  std::vector<std::string> warnings;

  const CtVolume& hu() const { return ct.uneven ? ct.uneven->on_slices : ct.volume; }
  const UnevenSlices* uneven() const { return ct.uneven ? &ct.uneven->slices : nullptr; }
};

struct OpenOptions {
  std::filesystem::path input;  ///< folder as `segment` writes it, RTSTRUCT, DICOM Segmentation or label map
  std::filesystem::path ct;     ///< empty: where the folder's summary.json says that it was
  io::ReadOptions reading;
};

/// Reads without changing anything. Throws Error(input) where a file is damaged or of another kind, where the
/// CT is not found or not given, and where structures lie on another scan or grid than the CT.
OpenedCase open_case(const OpenOptions& options, const Progress& progress = {});

/// Other structures on the same CT, to compare with; paths as OpenOptions::input. Errors the same.
Structures read_comparison(const std::filesystem::path& input, const OpenedCase& on,
                           std::vector<std::string>& warnings);

/// A mask on the case's grid as one on the even grid of a CT whose slices lie unevenly, and back.
LabelVolume on_even_grid(const OpenedCase& on, const evaluation::BoxedMask& mask);
evaluation::BoxedMask on_case_grid(const OpenedCase& on, const LabelVolume& mask, int value);

}  // namespace anatomynet::review
