#pragma once
#include <filesystem>
#include <span>
#include <vector>

#include "core/label_boxes.h"
#include "core/organs.h"
#include "core/volume.h"
#include "core/warning.h"
#include "io/ct_image.h"

// Image files by extension: .nii, .nii.gz and .hdr with .img (NIfTI-1 and NIfTI-2); .nrrd and .nhdr; .mha and
// .mhd (MetaImage). The file's own convention (NIfTI: RAS) becomes LPS here and nowhere else. Readers take no
// memory that the file's own bytes do not vouch for, read compressed data to its checksum, and refuse what
// does not say left from right. Writers replace `path` whole or not at all.
namespace anatomynet::io {

/// True for an extension that read_image_ct and read_labels take.
bool is_image_file_name(const std::filesystem::path& path);

/// Extensions of images that are written, in the order in which they are looked for.
inline constexpr const char* usual_image_extensions[] = {".nii.gz", ".nrrd", ".mha", ".nii"};

/// The label map of a folder of results: labels.nii.gz, labels.nii, labels.seg.nrrd (as 3D Slicer's), ...;
/// empty where there is none.
std::filesystem::path label_map_in(const std::filesystem::path& folder);

/// A file's name, or a path's text, without such an extension, whatever its case; "x" of x.nii.gz, and of
/// x.seg.nrrd, as 3D Slicer calls segmentations.
std::string without_image_extension(const std::string& name);

/// A 3D scalar image in HU, float values rounded and clamped to int16. Throws Error(input) for 2D, 4D or
/// colour images, non-finite values, values that are no HU, sheared axes, truncated and damaged files.
CtImage read_image_ct(const std::filesystem::path& path);

/// A 3D label map of integers 0..255, also as floats within 0.001 of them; anything else is Error(input).
/// `warnings`, where given, takes what was guessed or repaired.
LabelVolume read_labels(const std::filesystem::path& path, std::vector<Warning>* warnings = nullptr);

/// One structure: a label map that holds 0 and at most one other value, which becomes 1.
LabelVolume read_mask(const std::filesystem::path& path, std::vector<Warning>* warnings = nullptr);

/// HU as int16.
void write_ct(const std::filesystem::path& path, const CtVolume& ct);

/// Organ ids as uint8. NIfTI files carry one affine as sform and qform (code 1, scanner); where floats cannot
/// hold the same qform, its code is 0.
void write_labels(const std::filesystem::path& path, const LabelVolume& labels);

/// Organ ids as a segmentation for 3D Slicer (.seg.nrrd): a label map as write_labels makes it whose header
/// names each organ's segment, also of organs without a voxel: Segment<i>_Name (TG-263), _Color, _LabelValue,
/// _Layer 0, _Extent and SNOMED CT terminology in _Tags, after the module Segmentations of Slicer 5.
void write_segmentation_nrrd(const std::filesystem::path& path, const LabelVolume& labels,
                             const OrganTable& organs);

/// 1 where `labels` holds `id`, 0 elsewhere, on the same grid.
void write_mask(const std::filesystem::path& path, const LabelVolume& labels, int id);
/// A mask that is given within a box of the grid alone: 1 inside, x fastest.
void write_mask(const std::filesystem::path& path, const Grid& grid, const LabelBox& box,
                std::span<const std::uint8_t> voxels);

}  // namespace anatomynet::io
