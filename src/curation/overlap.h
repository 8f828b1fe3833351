#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/volume.h"
#include "curation/source.h"

namespace anatomynet::curation {

/// A scan in about 200 kilobytes: enough to recognise it after renaming, resampling, cropping, noise and HU
/// shifts.
struct ScanDescriptor {
  std::uint64_t content = 0;  ///< hash of geometry-free voxels: equal for identical voxels
  std::vector<float> values;  ///< see overlap_layout.h
};

ScanDescriptor describe_scan(const CtVolume& ct);

/// 0 (nothing alike) to 1 (the same scan), the best correlation over all translations; the order does not
/// matter. A mirrored scan may or may not be alike; rotation
/// other than by quarter turns is not searched. Throws Error(input) where a descriptor is damaged.
double similarity(const ScanDescriptor& a, const ScanDescriptor& b);

/// At or above: the same scan. Chosen on the training cases of OpenKBP (docs/data.md).
extern const double same_scan_similarity;

/// What two cases share.
struct Overlap {
  std::size_t a = 0, b = 0;  ///< indices of the given cases
  std::string
      how;  ///< "the same patient ID", "DICOM series UID ...", "identical voxels", "image content (0.98)"
};

struct OverlapInput {
  CaseRef ref;
  ScanDescriptor scan;
};

/// All pairs that are the same patient or scan, by id and alias, by DICOM UID, by exact content and by image
/// content.
std::vector<Overlap> find_overlaps(const std::vector<OverlapInput>& cases);

/// Which cases must go: test wins over validation over training; within a split the first of the
/// configuration's order stays, unless `within_split` is false (then repeats within one split stay, and are
/// only named). Cases of one patient, source and split stay: scans or observers that the source tells apart.
struct Leak {
  std::size_t dropped = 0, kept = 0;
  std::string how;
};
std::vector<Leak> resolve_overlaps(const std::vector<OverlapInput>& cases,
                                   const std::vector<Overlap>& overlaps, bool within_split = true);

}  // namespace anatomynet::curation
