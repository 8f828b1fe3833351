#include "core/argmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/packed_labels.h"
#include "core/thread_buffers.h"

namespace anatomynet::core {
namespace {

// Slices of labels made before their confidence is counted.
constexpr std::int64_t slices_per_batch = 8;

void blend(const float* a, const float* b, float weight, float* out, std::int64_t n) {
  if (weight == 0) {
    std::copy_n(a, n, out);
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

}  // namespace

std::vector<LinearTap> linear_taps(const Grid& source, const Grid& target, int k,
                                   const AxisPositions* uneven) {
  const double start = source.to_index(target.origin)[k], step = target.spacing[k] / source.spacing[k];
  const auto last = double(source.size[k] - 1);
  std::vector<LinearTap> list;
  for (std::int64_t i = 0; i < target.size[k]; ++i) {
    const bool known = uneven && uneven->axis == k;
    const double along =
        known ? uneven->mm[static_cast<std::size_t>(i)] / source.spacing[k] : step * double(i);
    double at = std::clamp(start + along, 0.0, last);
    // Rounding noise of the geometry must not turn equal grids into an interpolation.
    if (std::abs(at - std::round(at)) < 1e-6) at = std::round(at);
    const auto low = static_cast<std::int64_t>(std::floor(at));
    list.push_back({low, std::min(low + 1, source.size[k] - 1), static_cast<float>(at - double(low))});
  }
  return list;
}

// Voxels of a source row that lie nearest its ends among those where some other channel than the first could
// win or come close; none: first > last.
struct ColumnRange {
  std::int64_t first = 1, last = 0;
  void take_in(const ColumnRange& other) {
    if (other.first > other.last) return;
    if (first > last) {
      *this = other;
      return;
    }
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

// Where the first channel leads by more than `contest_margin` at all samples around a point, it leads by as
// much at the point, whatever the weights of the interpolation; rounding aside. Nothing else can win there,
// nor come close.
ColumnRange contested(const float* scores, std::int64_t channels, std::int64_t area, std::int64_t row,
                      float contest_margin, float* best) {
  constexpr float rounding = 1e-5f;
  std::copy_n(scores + area, row, best);
  for (std::int64_t c = 2; c < channels; ++c) {
    const float* other = scores + c * area;
    for (std::int64_t x = 0; x < row; ++x) best[x] = std::max(best[x], other[x]);
  }
  const auto leads = [&](std::int64_t x) {
    return scores[x] - best[x] > contest_margin + rounding * (std::abs(scores[x]) + std::abs(best[x]));
  };
  ColumnRange found{0, row - 1};
  while (found.first < row && leads(found.first)) ++found.first;
  while (found.last >= found.first && leads(found.last)) --found.last;
  return found;
}

struct Winner {
  std::int64_t first = 0, second = 0;  // channels
  float lead = 0;
};

// Of the channels' scores at one voxel, `stride` floats apart.
Winner winner_of(const float* scores, std::int64_t channels, std::int64_t stride) {
  Winner found;
  float best = scores[0], second = std::numeric_limits<float>::lowest();
  for (std::int64_t c = 1; c < channels; ++c) {
    const float value = scores[c * stride];
    if (value > best) {
      second = best;
      found.second = found.first;
      best = value;
      found.first = c;
    } else if (value > second) {
      second = value;
      found.second = c;
    }
  }
  found.lead = best - second;
  return found;
}

struct StreamedArgmax::State {
  Grid scores;
  std::vector<std::uint8_t> ids;
  std::vector<LinearTap> px, py, pz;
  Grid target;
  std::vector<float> last;                 // the slice before the next slab, channels x y x x
  std::vector<ColumnRange> column_ranges;  // a row each: of that slice, then of the slab's slices
  std::int64_t taken = 0;                  // slices of scores
  std::int64_t done = 0;                   // slices of labels
  // Of `slices_per_batch` slices: labels, probabilities in 1/255, and what came close (ConfidenceSums).
  std::vector<std::uint8_t> labels, levels, rivals;
  std::unique_ptr<PackedLabels> packed;  // a whole volume of them would lie beside the network's memory
  ThreadBuffers<float> lines;
  std::unique_ptr<ConfidenceSums> confidence_sums;
  const HuScores* hu = nullptr;
  float contest_margin = UndecidedRegions::close_logits;  // what a channel can be behind and still come close

  std::int64_t plane() const { return scores.size[0] * scores.size[1]; }
  void find_column_ranges(const float* slab, std::int64_t slices);
  ColumnRange target_columns(const ColumnRange& source) const;
  void label(const float* slab, std::int64_t z, std::int64_t slices, std::int64_t end);
};

StreamedArgmax::StreamedArgmax(const Grid& scores, std::vector<std::uint8_t> ids, const Grid& target,
                               const AxisPositions* uneven, const HuScores* hu)
    : state_(std::make_unique<State>()) {
  state_->scores = scores;
  state_->ids = std::move(ids);
  state_->px = linear_taps(scores, target, 0, uneven);
  state_->py = linear_taps(scores, target, 1, uneven);
  state_->pz = linear_taps(scores, target, 2, uneven);
  state_->target = target;
  state_->packed =
      std::make_unique<PackedLabels>(target, state_->ids.empty() ? std::uint8_t{0} : state_->ids[0]);
  state_->hu = hu;
  if (hu) state_->contest_margin += hu->most();
  state_->levels.resize(static_cast<std::size_t>(slices_per_batch * target.size[0] * target.size[1]));
  state_->rivals.resize(state_->levels.size());
  state_->labels.resize(state_->levels.size());
  state_->confidence_sums = std::make_unique<ConfidenceSums>(target, uneven);
  state_->last.resize(state_->ids.size() * static_cast<std::size_t>(state_->plane()));
}

StreamedArgmax::~StreamedArgmax() = default;

void StreamedArgmax::State::find_column_ranges(const float* slab, std::int64_t slices) {
  const auto channels = static_cast<std::int64_t>(ids.size());
  const std::int64_t row = scores.size[0], rows = scores.size[1], area = plane();
  const std::vector<ColumnRange> before(
      column_ranges.end() - std::min<std::ptrdiff_t>(rows, std::ssize(column_ranges)), column_ranges.end());
  column_ranges.assign(static_cast<std::size_t>((slices + 1) * rows), {});
  std::copy(before.begin(), before.end(), column_ranges.begin());
  if (channels == 1) return;
  lines.ready(static_cast<std::size_t>(row));
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < slices * rows; ++i)
    column_ranges[rows + i] =
        contested(slab + i * row, channels, slices * area, row, contest_margin, lines.here());
}

// Target voxels of a row with a sample of `source` beside them.
ColumnRange StreamedArgmax::State::target_columns(const ColumnRange& source) const {
  if (source.first > source.last) return {};
  const auto from =
      std::partition_point(px.begin(), px.end(), [&](const LinearTap& b) { return b.high < source.first; });
  const auto to =
      std::partition_point(from, px.end(), [&](const LinearTap& b) { return b.low <= source.last; });
  return {from - px.begin(), to - px.begin() - 1};
}

// Target slices from `done` to `end`, whose source slices lie in the slab or just before it.
void StreamedArgmax::State::label(const float* slab, std::int64_t z, std::int64_t slices, std::int64_t end) {
  const auto channels = static_cast<std::int64_t>(ids.size());
  const std::int64_t row = scores.size[0], area = plane(), rows_out = target.size[1];
  const std::int64_t row_out = std::ssize(px);
  lines.ready(static_cast<std::size_t>(3 * row + (1 + channels) * row_out));
#pragma omp parallel
  {
    float *const rows = lines.here(), *const line = rows + 2 * row, *const best_organ = line + row,
                 *const all = best_organ + row_out;
#pragma omp for collapse(2) schedule(static)
    for (std::int64_t tz = done; tz < end; ++tz)
      for (std::int64_t y = 0; y < rows_out; ++y) {
        const LinearTap bz = pz[tz], by = py[y];
        ColumnRange source;
        for (const std::int64_t sz : {bz.low, bz.high})
          for (const std::int64_t sy : {by.low, by.high})
            source.take_in(column_ranges[(sz < z ? 0 : sz - z + 1) * scores.size[1] + sy]);
        const ColumnRange wanted = target_columns(source);
        const std::int64_t at_row = ((tz - done) * rows_out + y) * row_out;
        std::uint8_t *const winner = labels.data() + at_row, *const rival = rivals.data() + at_row;
        std::fill_n(winner, px.size(), ids[0]);
        std::fill_n(rival, px.size(), ids[0]);
        if (wanted.first > wanted.last) continue;
        const std::int64_t from = px[wanted.first].low, count = px[wanted.last].high - from + 1;
        std::fill_n(best_organ, row_out, std::numeric_limits<float>::lowest());
        for (std::int64_t c = 0; c < channels; ++c) {
          const auto at = [&](std::int64_t sz, std::int64_t sy) {
            return (sz < z ? last.data() + c * area : slab + (c * slices + sz - z) * area) + sy * row + from;
          };
          blend(at(bz.low, by.low), at(bz.high, by.low), bz.weight, rows, count);
          blend(at(bz.low, by.high), at(bz.high, by.high), bz.weight, rows + row, count);
          blend(rows, rows + row, by.weight, line, count);
          for (std::int64_t x = wanted.first; x <= wanted.last; ++x) {
            const LinearTap b = px[x];
            const float low = line[b.low - from], value = low + b.weight * (line[b.high - from] - low);
            all[c * row_out + x] = value;
            if (c > 0) best_organ[x] = std::max(best_organ[x], value);
          }
        }
        std::uint8_t* const level = levels.data() + at_row;
        for (std::int64_t x = wanted.first; x <= wanted.last; ++x) {
          if (all[x] - best_organ[x] >= contest_margin) continue;
          if (hu) hu->add(x, y, tz, all + x, row_out);
          const Winner found = winner_of(all + x, channels, row_out);
          winner[x] = ids[found.first];
          rival[x] = ids[found.lead < UndecidedRegions::close_logits ? found.second : found.first];
          if (found.first == 0) continue;
          float sum = 0;
          for (std::int64_t c = 0; c < channels; ++c)
            sum += std::exp(all[c * row_out + x] - all[found.first * row_out + x]);
          level[x] = static_cast<std::uint8_t>(255 / sum + 0.5f);
        }
      }
  }
}

void StreamedArgmax::take(std::span<const float> slab, std::int64_t z, std::int64_t slices) {
  State& s = *state_;
  const auto channels = static_cast<std::int64_t>(s.ids.size());
  const std::int64_t area = s.plane();
  if (channels < 1 || slices < 1 || z != s.taken || z + slices > s.scores.size[2] ||
      static_cast<std::int64_t>(slab.size()) != channels * slices * area) {
    throw Error(ErrorKind::internal, "scores and their grid differ in size");
  }
  s.find_column_ranges(slab.data(), slices);
  std::int64_t end = s.done;
  while (end < s.target.size[2] && s.pz[end].high < z + slices) ++end;
  while (s.done < end) {
    const std::int64_t next = std::min(end, s.done + slices_per_batch);
    s.label(slab.data(), z, slices, next);
    s.confidence_sums->take(s.labels.data(), s.levels.data(), s.rivals.data(), next - s.done);
    s.packed->add(s.labels.data(), next - s.done);
    s.done = next;
  }
  s.taken = z + slices;
  if (s.taken == s.scores.size[2]) return;
  for (std::int64_t c = 0; c < channels; ++c)
    std::copy_n(slab.data() + (c * slices + slices - 1) * area, area, s.last.data() + c * area);
}

Confidence StreamedArgmax::confidence() { return state_->confidence_sums->finish(); }

LabelVolume StreamedArgmax::finish() {
  if (state_->taken != state_->scores.size[2])
    throw Error(ErrorKind::internal, "scores ended before their grid did");
  state_->last = std::vector<float>();
  return std::exchange(state_->packed, nullptr)->volume();
}

LabelVolume argmax_on_grid(std::span<const float> scores, const Grid& scores_grid,
                           const std::vector<std::uint8_t>& ids, const Grid& target) {
  StreamedArgmax argmax(scores_grid, ids, target);
  argmax.take(scores, 0, scores_grid.size[2]);
  return argmax.finish();
}

}  // namespace anatomynet::core
