#pragma once
#include <filesystem>

#include "core/organs.h"
#include "core/volume.h"
#include "io/ct_image.h"

// Image files by extension: .nii, .nii.gz, .nrrd, .nhdr (read only), .mha, .mhd (read only). The file's own
// convention (NIfTI: RAS) becomes LPS here and nowhere else. Writers replace `path` whole or not at all.
namespace anatomynet {

/// True for an extension that read_image_ct and read_labels take.
bool is_image_file_name(const std::filesystem::path& path);

/// A 3D scalar image in HU, float values rounded and clamped to int16. Throws Error(input) for 2D, 4D or
/// colour images, non-finite values, values that are no HU, sheared axes, truncated files.
CtImage read_image_ct(const std::filesystem::path& path);

/// A 3D label map of integers 0..255; anything else is Error(input).
LabelVolume read_labels(const std::filesystem::path& path);

/// HU as int16.
void write_ct(const std::filesystem::path& path, const CtVolume& ct);

/// Organ ids as uint8. NIfTI files carry the same affine as qform and sform (code 1, scanner).
void write_labels(const std::filesystem::path& path, const LabelVolume& labels);

/// Organ ids as a segmentation for 3D Slicer (.seg.nrrd): a label map as write_labels makes it whose header
/// names each organ's segment, also of organs without a voxel: Segment<i>_Name (TG-263), _Color, _LabelValue,
/// _Layer 0, _Extent and SNOMED CT terminology in _Tags, after the module Segmentations of Slicer 5.
void write_segmentation_nrrd(const std::filesystem::path& path, const LabelVolume& labels,
                             const OrganTable& organs);

/// 1 where `labels` holds `id`, 0 elsewhere, on the same grid.
void write_mask(const std::filesystem::path& path, const LabelVolume& labels, int id);

}  // namespace anatomynet
