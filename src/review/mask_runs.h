#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/label_boxes.h"
#include "evaluation/boxed_mask.h"

// Masks as lengths of runs: voxels outside, inside, outside, ... in turn, x fastest, then y, then z,
// beginning with outside (a length may be 0), together all voxels of a volume or of a box of it.
namespace anatomynet::review {

using Runs = std::vector<std::uint32_t>;

/// Of the whole volume.
Runs runs_of(const evaluation::BoxedMask& mask);

/// Of a whole volume or box of voxels, 0 outside and 1 inside.
Runs runs_of(std::span<const std::uint8_t> voxels);

/// The mask on `grid` whose whole volume has these runs. Throws Error(input) where they are not those of the
/// grid.
evaluation::BoxedMask mask_of(const Grid& grid, std::span<const std::uint32_t> runs);

/// `mask` with the voxels of `box` replaced. The box of what comes back is tight. Throws Error(input) for a
/// box that is empty or leaves the volume, and for runs that do not fill it exactly.
evaluation::BoxedMask replaced(const evaluation::BoxedMask& mask, const LabelBox& box,
                               std::span<const std::uint32_t> runs);

/// Little-endian, four bytes a run.
std::string bytes_of(std::span<const std::uint32_t> runs);
/// Throws Error(input) for a length that is no multiple of four.
Runs runs_from_bytes(std::string_view bytes);

/// Bytes as base64 (RFC 4648, 4).
std::string to_base64(std::string_view bytes);
/// Base64 as bytes. Throws Error(input) for anything else.
std::string from_base64(std::string_view text);

}  // namespace anatomynet::review
