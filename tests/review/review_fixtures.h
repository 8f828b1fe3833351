#pragma once
#include <functional>
#include <string>

#include "common/temporary_folder.h"
#include "core/known_organs.h"
#include "core/messages.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_ct_writer.h"
#include "pipeline/derived_structures.h"
#include "review/mask_runs.h"
#include "review/review.h"

namespace anatomynet::test {

/// A ball in a bone shell: values on both sides of what a CT must have.
inline CtVolume ball_ct(const Grid& grid) {
  CtVolume ct(grid, -1000);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 2; y + 2 < grid.size[1]; ++y)
      for (std::int64_t x = 2; x + 2 < grid.size[0]; ++x)
        ct.at(x, y, z) = static_cast<std::int16_t>((x + y) % 7 == 0 ? 700 : 30 + x % 5);
  return ct;
}

inline Grid small_grid() {
  Grid grid;
  grid.size = {24, 20, 9};
  grid.spacing = {1.5, 2, 3};
  grid.origin = {-18, -20, -13};
  return grid;
}

inline std::shared_ptr<const evaluation::BoxedMask> mask_where(
    const Grid& grid, const std::function<bool(std::int64_t, std::int64_t, std::int64_t)>& inside) {
  LabelVolume volume(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) volume.at(x, y, z) = inside(x, y, z) ? 1 : 0;
  return std::make_shared<const evaluation::BoxedMask>(evaluation::boxed(volume, 1));
}

/// Two structures that overlap, one with a hole and an island, one empty.
inline review::Structures three_structures(const Grid& grid) {
  review::Structures out(3);
  const char* names[] = {"Parotid_L", "BrainStem", "PTV 70"};
  for (int i = 0; i < 3; ++i) {
    const Organ* const known = find_organ(known_organs(), names[i]);
    if (known) out[i].organ = *known;
    out[i].organ.id = i + 1;
    out[i].organ.name = out[i].label = names[i];
    out[i].organ.colour = {static_cast<std::uint8_t>(40 * i), 200, 30};
    out[i].generation = review::automatic;
  }
  out[0].mask = mask_where(grid, [](auto x, auto y, auto z) {
    const bool ring = x >= 4 && x <= 12 && y >= 4 && y <= 11 && !(x >= 7 && x <= 9 && y >= 6 && y <= 8);
    return z >= 2 && z <= 6 && (ring || (x == 17 && y == 15));
  });
  out[1].mask = mask_where(grid, [](auto x, auto y, auto z) {
    return z >= 3 && z <= 7 && (x - 12) * (x - 12) + (y - 10) * (y - 10) < 20;
  });
  out[2].mask = mask_where(grid, [](auto, auto, auto) { return false; });
  return out;
}

/// A case on a CT that was written as DICOM into `folder` and read from there.
inline review::OpenedCase dicom_case(const TemporaryFolder& folder, const Grid& grid) {
  io::write_ct_series(folder / "ct", ball_ct(grid), {.uid_seed = "review test"});
  review::OpenedCase out;
  out.name = "case";
  out.ct = io::read_ct(folder / "ct");
  out.grid = out.ct.volume.grid;
  out.structures = three_structures(out.grid);
  out.origin.model = "model-1";
  out.origin.program = "anatomynet test";
  out.origin.predecessor = "2.25.77";
  out.origin.input = "input";
  out.origin.input_digest = "d";
  return out;
}

/// All voxels of a box inside, as the page sends them.
inline std::string base64(const std::string& bytes) {
  constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k)
      block = block << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : alphabet[block >> (18 - 6 * k) & 63];
  }
  return out;
}
inline std::string base64(const review::Runs& runs) { return base64(review::bytes_of(runs)); }

}  // namespace anatomynet::test
