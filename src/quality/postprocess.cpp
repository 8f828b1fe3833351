#include "quality/postprocess.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "geometry/shape_interpolation.h"
#include "quality/pieces.h"
#include "quality/region.h"

namespace anatomynet::quality {
namespace {

const std::map<std::string, PostProcessing>& known() {
  static const std::map<std::string, PostProcessing> map{
      {"default", {.bridges = true, .pieces = true, .holes = false}},
      {"none", {.bridges = false, .pieces = false, .holes = false}},
      {"bridges", {.bridges = true, .pieces = false, .holes = false}},
      {"pieces", {.bridges = false, .pieces = true, .holes = false}},
      {"holes", {.bridges = false, .pieces = false, .holes = true}},
      {"all", {.bridges = true, .pieces = true, .holes = true}}};
  return map;
}

// Sets the voxels of a box for which `piece` in `chosen` holds, where the labels are `from`.
void paint(const Pieces& pieces, const std::vector<bool>& chosen, const LabelBox& box, std::uint8_t from,
           std::uint8_t to, LabelVolume& labels) {
  std::size_t i = 0;
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x, ++i) {
        if (pieces.of_voxel[i] < 0 || !chosen[pieces.of_voxel[i]]) continue;
        std::uint8_t& label = labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z);
        if (label == from) label = to;
      }
}

bool is_tube(const Organ& organ) {  // SNOMED CT: spinal cord, oesophagus
  return organ.snomed_code == "2748008" || organ.snomed_code == "32849002";
}

bool is_bone(const Organ& organ) { return organ.name.starts_with("Bone_"); }

void bridge(const LabelBox& box, std::uint8_t id, double largest_mm, LabelVolume& mask, LabelVolume& labels,
            PostProcessed& done) {
  const int axis = nearest_orientation(mask.grid).axis[2];
  const auto n = static_cast<std::size_t>(axis);
  std::vector<double> mm(static_cast<std::size_t>(mask.grid.size[n]));
  for (std::size_t i = 0; i < mm.size(); ++i) mm[i] = double(i) * mask.grid.spacing[n];
  LabelVolume filled = mask;
  geometry::interpolate_gaps(filled, axis, mm, largest_mm);
  std::int64_t voxels = 0;
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x) {
        std::uint8_t& label = labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z);
        if (!filled.at(x, y, z) || mask.at(x, y, z) || label != 0) continue;
        label = id;
        mask.at(x, y, z) = 1;
        ++voxels;
      }
  done.bridged_ml = double(voxels) * mask.grid.voxel_ml();
}

// Which pieces reach the end of the volume.
std::vector<bool> cut_pieces(const Pieces& pieces, const LabelBox& box, const Size3& volume) {
  std::vector<bool> cut(pieces.voxels.size());
  std::size_t i = 0;
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x, ++i) {
        if (pieces.of_voxel[i] < 0) continue;
        const Size3 at{box.low[0] + x, box.low[1] + y, box.low[2] + z};
        for (std::size_t k = 0; k < 3; ++k)
          if (at[k] == 0 || at[k] + 1 == volume[k]) cut[static_cast<std::size_t>(pieces.of_voxel[i])] = true;
      }
  return cut;
}

void drop_pieces(const LabelBox& box, const Organ& organ, const PostProcessing& what, LabelVolume& mask,
                 LabelVolume& labels, PostProcessed& done) {
  const Pieces pieces = pieces_of(mask, Neighbours::twenty_six);
  if (pieces.voxels.size() < 2) return;
  const std::vector<Piece> beside = pieces_beside_largest(mask.grid, pieces);
  std::vector<bool> drop(pieces.voxels.size());
  const std::vector<bool> cut = cut_pieces(pieces, box, labels.grid.size);
  for (std::size_t p = 1; p < drop.size(); ++p) {
    const Piece& piece = beside[p - 1];
    const bool can_be_apart = is_bone(organ) || (cut[0] && cut[p]);
    drop[p] = !can_be_apart || double(pieces.voxels[p]) < what.kept_share * double(pieces.voxels[0]) ||
              piece.gap_mm > what.kept_gap_mm;
    if (!drop[p]) continue;
    done.removed.push_back(piece);
    done.removed_ml += piece.ml;
  }
  paint(pieces, drop, box, static_cast<std::uint8_t>(organ.id), 0, labels);
  for (std::size_t i = 0; i < mask.voxels.size(); ++i)
    if (pieces.of_voxel[i] >= 0 && drop[pieces.of_voxel[i]]) mask.voxels[i] = 0;
}

// Background is a hole where it does not reach the box's outside.
void fill_holes(const LabelBox& box, std::uint8_t id, const PostProcessing& what, LabelVolume mask,
                LabelVolume& labels, PostProcessed& done) {
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == 0;
  const Pieces pieces = pieces_of(mask, Neighbours::six);
  std::vector<bool> fill(pieces.voxels.size());
  std::vector<std::int64_t> free(fill.size());
  for (std::size_t p = 0; p < fill.size(); ++p)
    fill[p] = double(pieces.voxels[p]) * mask.grid.voxel_ml() <= what.hole_ml;
  const auto [width, height, depth] = box.size;
  for (std::int64_t z = 0, i = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x, ++i) {
        if (pieces.of_voxel[i] < 0) continue;
        if (x == 0 || y == 0 || z == 0 || x + 1 == width || y + 1 == height || z + 1 == depth)
          fill[pieces.of_voxel[i]] = false;
        free[pieces.of_voxel[i]] += labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) == 0;
      }
  for (std::size_t p = 0; p < fill.size(); ++p)
    if (fill[p] && free[p] > 0) {
      ++done.holes;
      done.filled_ml += double(free[p]) * mask.grid.voxel_ml();
    }
  paint(pieces, fill, box, 0, id, labels);
}

}  // namespace

const std::vector<std::string>& post_processing_names() {
  static const std::vector<std::string> names{"default", "none", "bridges", "pieces", "holes", "all"};
  return names;
}

PostProcessing post_processing(const std::string& name) {
  const auto found = known().find(name);
  if (found != known().end()) return found->second;
  std::string names;
  for (const std::string& n : post_processing_names()) names += (names.empty() ? "" : ", ") + n;
  throw Error(ErrorKind::usage, "unknown post-processing \"" + name + "\"; known: " + names);
}

std::vector<PostProcessed> post_process(LabelVolume& labels, const OrganTable& organs,
                                        const PostProcessing& what) {
  std::vector<PostProcessed> changed;
  if (what.nothing()) return changed;
  const auto boxes = grown_label_boxes(labels);
  for (const Organ& organ : organs) {
    const LabelBox& box = boxes[static_cast<std::size_t>(organ.id)];
    if (box.empty()) continue;
    const auto id = static_cast<std::uint8_t>(organ.id);
    LabelVolume mask = crop(labels, box);
    for (std::uint8_t& voxel : mask.voxels) voxel = voxel == id;
    PostProcessed done;
    done.id = organ.id;
    done.organ = organ.name;
    if (what.bridges && is_tube(organ)) bridge(box, id, what.bridge_mm, mask, labels, done);
    if (what.pieces) drop_pieces(box, organ, what, mask, labels, done);
    if (what.holes) fill_holes(box, id, what, std::move(mask), labels, done);
    if (!done.removed.empty() || done.holes > 0 || done.bridged_ml > 0) changed.push_back(std::move(done));
  }
  return changed;
}

}  // namespace anatomynet::quality
