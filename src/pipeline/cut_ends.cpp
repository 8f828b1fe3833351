#include "pipeline/cut_ends.h"

#include <optional>

namespace anatomynet::pipeline {
namespace {

// The slices of a volume from the patient's feet to the head: where they lie, and how many voxels of an organ
// each has.
class Slices {
 public:
  Slices(const LabelVolume& labels, const UnevenSlices* uneven) : grid_(labels.grid) {
    const Orientation turn = nearest_orientation(grid_);
    axis_ = static_cast<std::size_t>(turn.axis[2]);
    flipped_ = turn.flipped[2];
    for (std::int64_t i = 0; i < count(); ++i) {
      const std::int64_t at = index(i);
      mm_.push_back((flipped_ ? -1 : 1) *
                    (uneven && axis_ == 2
                         ? uneven->positions().mm[static_cast<std::size_t>(uneven->slice_of(at))]
                         : double(at) * grid_.spacing[axis_]));
    }
  }

  std::int64_t count() const { return grid_.size[axis_]; }
  double mm(std::int64_t i) const { return mm_[static_cast<std::size_t>(i)]; }
  double spacing() const { return grid_.spacing[axis_]; }

  std::vector<std::int64_t> voxels_of(const LabelVolume& labels, int id) const {
    std::vector<std::int64_t> voxels(static_cast<std::size_t>(count()));
    each(labels, [&](const std::uint8_t& label, std::int64_t i) {
      voxels[static_cast<std::size_t>(i)] += label == id;
    });
    return voxels;
  }

  void erase(LabelVolume& labels, int id, std::int64_t first, std::int64_t last) const {
    each(labels, [&](std::uint8_t& label, std::int64_t i) {
      if (label == id && (i < first || i > last)) label = 0;
    });
  }

 private:
  std::int64_t index(std::int64_t i) const { return flipped_ ? count() - 1 - i : i; }

  template <class Labels, class Do>
  void each(Labels& labels, const Do& act) const {
    Size3 at{};
    std::size_t voxel = 0;
    for (at[2] = 0; at[2] < grid_.size[2]; ++at[2])
      for (at[1] = 0; at[1] < grid_.size[1]; ++at[1])
        for (at[0] = 0; at[0] < grid_.size[0]; ++at[0], ++voxel) act(labels.voxels[voxel], index(at[axis_]));
  }

  Grid grid_;
  std::size_t axis_;
  bool flipped_;
  std::vector<double> mm_;
};

// Slices that hold an organ, from the first to the last.
struct Extent {
  std::int64_t first, last;
};

std::optional<Extent> extent_of(const std::vector<std::int64_t>& voxels) {
  Extent e{0, std::ssize(voxels) - 1};
  while (e.first <= e.last && voxels[static_cast<std::size_t>(e.first)] == 0) ++e.first;
  while (e.last > e.first && voxels[static_cast<std::size_t>(e.last)] == 0) --e.last;
  return e.first <= e.last ? std::optional(e) : std::nullopt;
}

quality::EndsCut cut(LabelVolume& labels, int id, const model::OrganEnds& ends, const Slices& slices,
                     const std::vector<std::int64_t>& voxels, const Extent& whole) {
  quality::EndsCut done;
  Extent left = whole;
  // Half a slice is the way from an organ's end to the first centre.
  const double half = slices.spacing() / 2, top = slices.mm(whole.last), bottom = slices.mm(whole.first);
  const bool upper_open = whole.last + 1 == slices.count(), lower_open = whole.first == 0;
  if (!upper_open)
    while (left.last > left.first && top - slices.mm(left.last) < ends.upper_mm - half) --left.last;
  if (!lower_open)
    while (left.first < left.last && slices.mm(left.first) - bottom < ends.lower_mm - half) ++left.first;
  const auto sum = [&](const Extent& e) {
    std::int64_t count = 0;
    for (std::int64_t i = e.first; i <= e.last; ++i) count += voxels[static_cast<std::size_t>(i)];
    return count;
  };
  if (2 * sum(left) < sum(whole)) {
    done.refused = true;
    done.stayed = "more than half of the organ would have gone";
    return done;
  }
  if (ends.upper_mm > 0 && upper_open) done.stayed = "the CT ends at its upper end";
  if (ends.lower_mm > 0 && lower_open)
    done.stayed += done.stayed.empty() ? "the CT ends at its lower end" : " and at its lower end";
  done.upper_mm = top - slices.mm(left.last);
  done.lower_mm = slices.mm(left.first) - bottom;
  done.ml = double(sum(whole) - sum(left)) * labels.grid.voxel_ml();
  slices.erase(labels, id, left.first, left.last);
  return done;
}

quality::PostProcessed& entry_of(const Organ& organ, std::vector<quality::PostProcessed>& changed) {
  for (quality::PostProcessed& p : changed)
    if (p.id == organ.id) return p;
  changed.push_back({});
  changed.back().id = organ.id;
  changed.back().organ = organ.name;
  return changed.back();
}

}  // namespace

void cut_ends(LabelVolume& labels, const OrganTable& organs, const std::vector<model::OrganEnds>& ends,
              const UnevenSlices* uneven, std::vector<quality::PostProcessed>& changed) {
  if (ends.empty()) return;
  const Slices slices(labels, uneven);
  for (const model::OrganEnds& e : ends) {
    const Organ* organ = find_organ(organs, e.organ);
    if (!organ) continue;
    const std::vector<std::int64_t> voxels = slices.voxels_of(labels, organ->id);
    if (const auto whole = extent_of(voxels))
      entry_of(*organ, changed).ends = cut(labels, organ->id, e, slices, voxels, *whole);
  }
}

}  // namespace anatomynet::pipeline
