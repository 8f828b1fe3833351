#include <algorithm>
#include <type_traits>

#include "inference/onednn/dnnl_volume.h"

// The half-resolution blocks of DnnlVolume.
namespace anatomynet::inference {

template <class T>
typename DnnlVolume<T>::SkipStream DnnlVolume<T>::open_stream(int index) const {
  SkipStream stream;
  const int levels = layers_.skip_of[static_cast<std::size_t>(index)];
  if (!in_slabs_ || levels < 0) return stream;
  const auto slab = [&](int kind) {
    const bool kept = chunks_.contains({index + 1, kind});
    return kept ? chunk(index + 1, kind) : Slab{};
  };
  for (int level = 0; level <= levels; ++level) {
    const int kind = streams + 4 * level;
    stream.out.push_back(slab(kind));
    stream.inner.push_back(slab(kind + 1));
    stream.added.push_back(slab(kind + 2));
    stream.int8.push_back(slab(kind + 3));
  }
  stream.end = -stream_lag() * levels - 1;
  return stream;
}

// Slices z0 to z1 of the tensor that block `index` merges with. They are asked for front to back.
template <class T>
const Slab& DnnlVolume<T>::skip_slices(int index, SkipStream& stream, std::int64_t z0, std::int64_t z1) {
  const int levels = layers_.skip_of[static_cast<std::size_t>(index)];
  if (!in_slabs_) return tensors_[static_cast<std::size_t>(levels)].slab;
  const std::int64_t d = half_[2], group = layers_.group, to = (z1 + group) / group * group - 1;
  while (stream.out.back().end < z1) {
    stream.end = std::min(to, stream.end + slab_);
    for (int level = 0; level <= levels; ++level) {
      const auto l = static_cast<std::size_t>(level);
      Slab& out = stream.out[l];
      const std::int64_t begin = out.end, end = std::min(d, stream.end + stream_lag() * (levels - level));
      if (end <= begin) continue;
      // The next level's convolution and shortcut still read from where its output ends.
      out.make_room(level == levels ? z0 : stream.out[l + 1].end - 1, end - begin);
      if (level == 0) {
        stem(out, begin, end);
        continue;
      }
      const BlockLayers& b = layers_.blocks[l - 1];
      Slab &below = stream.out[l - 1], &inner = stream.inner[l], &added = stream.added[l];
      const std::int64_t to_inner = std::min(d, end + 1);
      if (b.int8) {
        concatenate_int8(b, below, nullptr, std::max<std::int64_t>(0, inner.end - 1),
                         std::min(d, to_inner + 1), stream.int8[l]);
      }
      advance(*b.conv1, {b.int8 ? &stream.int8[l] : &below}, inner, half_, begin - 1, to_inner);
      apply(*b.conv2, {&inner}, out, half_, begin, end);
      if (b.in_place) {
        apply(*b.shortcut, {&below}, out, half_, begin, end, {.accumulate_from = scales_[l - 1].data()});
        continue;
      }
      if (b.shortcut) {
        added.first = added.end = begin;
        advance(*b.shortcut, {&below}, added, half_, begin, end);
      }
      activate(b, below, added, out, begin, end, scales_[l - 1]);
    }
  }
  return stream.out.back();
}

template <class T>
void DnnlVolume<T>::concatenate(const BlockLayers& b, const Slab& up, const Slab& skip, std::int64_t z0,
                                std::int64_t z1, Slab& to) {
  to.first = z0;
  to.end = z1;
  if (arena_) {
    const Timed timed(*times_, "concatenating skip connections");
    const std::int64_t w = half_[0], h = half_[1], a = b.up.stored, s = b.project_skip ? 0 : b.skip.stored;
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t z = z0; z < z1; ++z)
      for (std::int64_t y = 0; y < h; ++y)
        kernels_.concatenate(up.at<T>(z) + y * w * a, a, skip.at<T>(z) + y * w * s, s, w,
                             to.at<T>(z) + y * w * (a + s));
  }
  if (b.project_skip) apply(*b.project_skip, {&skip}, to, half_, z0, z1);
}

template <class T>
void DnnlVolume<T>::concatenate_int8(const BlockLayers& b, const Slab& up, const Slab* skip, std::int64_t z0,
                                     std::int64_t z1, Slab& to) {
  const Timed timed(*times_, "quantising");
  to.first = z0;
  to.end = z1;
  if (!arena_) return;
  const std::int64_t w = half_[0], h = half_[1], a = b.up.stored, s = skip ? b.skip.stored : 0;
  const auto inverse = static_cast<float>(1 / b.int8->input);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t z = z0; z < z1; ++z)
    for (std::int64_t y = 0; y < h; ++y)
      kernels_.concatenate_int8(up.at<T>(z) + y * w * a, a, skip ? skip->at<T>(z) + y * w * s : nullptr, s, w,
                                inverse, to.at<std::int8_t>(z) + y * w * (a + s));
}

template <class T>
void DnnlVolume<T>::show(const BlockLayers& b, bool middle_, const Slab& slab, std::int64_t z0,
                         std::int64_t z1) {
  if constexpr (std::is_same_v<T, float>)
    if (watcher_ && arena_ && z1 > z0)
      watcher_(b.name, middle_, slab.at<float>(z0),
               (z1 - z0) * slab.slice_bytes / std::int64_t{sizeof(float)});
}

template <class T>
void DnnlVolume<T>::add_channel_sums(const Tensor& t, std::int64_t z0, std::int64_t z1) {
  if (!arena_) return;
  const Timed timed(*times_, "channel sums");
  const std::int64_t w = half_[0], h = half_[1], c = t.channels.stored;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t z = z0; z < z1; ++z)
    for (std::int64_t g = 0; g < groups_; ++g) {
      double* to = group_sums_.data() + (z * groups_ + g) * c;
      std::fill_n(to, c, 0.0);
      const std::int64_t y = g * rows_a_group, rows = std::min(rows_a_group, h - y);
      kernels_.channel_sums(t.slab.template at<T>(z) + y * w * c, rows * w, c, to);
    }
}

template <class T>
std::vector<float> DnnlVolume<T>::scales_of(const BlockLayers& b) {
  const std::int64_t c = b.out.stored;
  std::vector<float> scales(static_cast<std::size_t>(c), 1);
  if (b.excitation) {
    std::vector<double> means(static_cast<std::size_t>(b.out.used));
    const auto add = [&](const auto& channel_sums, std::int64_t parts) {
      for (std::int64_t p = 0; p < parts; ++p)
        for (std::size_t i = 0; i < means.size(); ++i)
          means[i] += double(channel_sums[static_cast<std::size_t>(p * c) + i]);
    };
    if (b.conv2->reads_parts()) {
      add(channel_sums_, half_[2] * sums_a_slice(*b.conv2));
    } else {
      add(group_sums_, half_[2] * groups_);
    }
    for (double& m : means) m /= double(half_[0] * half_[1] * half_[2]);
    const std::vector<float> used = b.excitation->scales(means, layers_.slope);
    std::copy(used.begin(), used.end(), scales.begin());
  }
  std::vector<float> pattern;
  for (int i = 0; i < 16; ++i) pattern.insert(pattern.end(), scales.begin(), scales.end());
  return pattern;
}

template <class T>
void DnnlVolume<T>::block(int index) {
  const BlockLayers& b = layers_.blocks[static_cast<std::size_t>(index)];
  const int step = index + 1;
  const Slab& up = tensors_[static_cast<std::size_t>(index)].slab;
  const Tensor& out = tensors_[static_cast<std::size_t>(step)];
  const std::int64_t d = half_[2];
  SkipStream stream = open_stream(index);
  Slab in = up, inner = chunk(step, middle), result = out.slab;
  if (b.copies) in = chunk(step, joined);
  if (b.int8) in = chunk(step, integers);
  result.end = 0;
  while (result.end < d) {
    const std::int64_t known = inner.end, end = std::min(d, known + slab_);
    const std::int64_t from = std::max<std::int64_t>(0, known - 1), to = std::min(d, end + 1);
    const Slab* skip = b.merges ? &skip_slices(index, stream, from, to) : nullptr;
    if (b.int8) {
      concatenate_int8(b, up, skip, from, to, in);
    } else if (b.copies) {
      concatenate(b, up, *skip, from, to, in);
    }
    if (!b.int8) show(b, false, in, known, end);
    if (skip && !b.copies && !b.int8) {
      show(b, false, *skip, known, end);
      advance(*b.conv1, {&up, skip}, inner, half_, result.end - 1, end);
    } else {
      advance(*b.conv1, {&in}, inner, half_, result.end - 1, end);
    }
    if (!b.int8) show(b, true, inner, known, end);
    const std::int64_t begin = result.end, done = end == d ? d : end - 1;
    advance(*b.conv2, {&inner}, result, half_, 0, done,
            {.channel_sums = b.excitation ? channel_sums_.data() : nullptr});
    if (b.excitation && !b.conv2->reads_parts() && done > begin) add_channel_sums(out, begin, done);
  }
  scales_[static_cast<std::size_t>(index)] = scales_of(b);
  residual(index);
}

// The second pass, in place: the means, and so the scales, are known only after the first.
template <class T>
void DnnlVolume<T>::residual(int index) {
  const BlockLayers& b = layers_.blocks[static_cast<std::size_t>(index)];
  const int step = index + 1;
  const Slab& up = tensors_[static_cast<std::size_t>(index)].slab;
  const std::int64_t d = half_[2];
  SkipStream stream = open_stream(index);
  // A shortcut that is computed in groups of slices ends before one does, as conv2.
  const std::int64_t lag = b.shortcut && b.shortcut->in_groups() ? 1 : 0;
  for (std::int64_t z0 = 0, z1 = 0; z0 < d; z0 = z1) {
    z1 = std::min(d, z0 + slab_ - (z0 == 0 ? lag : 0));
    Slab in = up, added;
    const Slab& out = tensors_[static_cast<std::size_t>(step)].slab;
    const float* const scales = scales_[static_cast<std::size_t>(index)].data();
    if (b.merges) {
      const std::int64_t kernel_radius = b.shortcut ? b.shortcut->options().kernel / 2 : 0,
                         from = std::max<std::int64_t>(0, z0 - kernel_radius),
                         to = std::min(d, z1 + kernel_radius);
      const Slab& skip = skip_slices(index, stream, from, to);
      if (!b.copies) {
        apply(*b.shortcut, {&up, &skip}, out, half_, z0, z1, {.accumulate_from = scales});
        continue;
      }
      in = chunk(step, joined);
      concatenate(b, up, skip, from, to, in);
    }
    if (b.in_place) {
      apply(*b.shortcut, {&in}, out, half_, z0, z1, {.accumulate_from = scales});
      continue;
    }
    if (b.shortcut) {
      added = chunk(step, shortcut);
      added.first = added.end = z0;
      advance(*b.shortcut, {&in}, added, half_, z0, z1);
    }
    activate(b, in, added, out, z0, z1, scales_[static_cast<std::size_t>(index)]);
  }
}

// out = act(scale out + shortcut): `added`, floats, where there is a projection, else `in`.
template <class T>
void DnnlVolume<T>::activate(const BlockLayers& b, const Slab& in, const Slab& added, const Slab& out,
                             std::int64_t z0, std::int64_t z1, const std::vector<float>& scales) {
  if (!arena_) return;
  const Timed timed(*times_, "scale, add, activate");
  const std::int64_t w = half_[0], h = half_[1], c = b.out.stored;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t z = z0; z < z1; ++z)
    for (std::int64_t g = 0; g < groups_; ++g) {
      const std::int64_t y = g * rows_a_group, voxels = std::min(rows_a_group, h - y) * w, at = y * w * c;
      T* to = out.at<T>(z) + at;
      if (b.shortcut) {
        kernels_.residual_of_floats(to, added.at<float>(z) + at, scales.data(), voxels, c, layers_.slope);
      } else {
        kernels_.residual(to, in.at<T>(z) + at, scales.data(), voxels, c, layers_.slope);
      }
    }
}

template void DnnlVolume<float>::block(int);
template void DnnlVolume<Bfloat16>::block(int);

}  // namespace anatomynet::inference
