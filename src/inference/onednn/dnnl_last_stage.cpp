#include <algorithm>
#include <array>

#include <omp.h>

#include "inference/onednn/dnnl_volume.h"

// The full-resolution stage of DnnlVolume: up-sampling, its residual block and the logits, slab by slab.
namespace anatomynet::inference {

// Slices z0 to z1 of half resolution, with the image, to twice as many of `cat`: row by row.
template <class T>
void DnnlVolume<T>::upsample_rows(std::int64_t z0, std::int64_t z1, Slab& to) {
  const Timed timed(*times_, "up-sampling with the image");
  const std::int64_t w = half_[0], h = half_[1], c = layers_.full.stored;
  const std::int64_t width = size_[0], height = size_[1], depth = size_[2];
  to.make_room(to.end - 3, 2 * (z1 - z0));
  float* const rows = lines_for(4 * w);  // a row of the image, and the same as it is stored
  if (!arena_) return;
  const Tensor& from = tensors_.back();
#pragma omp parallel
  {
    float* const image = rows + omp_get_thread_num() * 4 * w;
    T* const stored = reinterpret_cast<T*>(image + 2 * w);
#pragma omp for collapse(2) schedule(static)
    for (std::int64_t z = z0; z < z1; ++z)
      for (std::int64_t y = 0; y < h; ++y)
        for (std::int64_t r = 0; r < 4; ++r) {
          const std::int64_t to_z = 2 * z + r / 2, to_y = 2 * y + r % 2;
          std::fill_n(image, 2 * w, 0.0f);
          if (to_z < depth && to_y < height)
            std::copy_n(image_.data() + (to_z * height + to_y) * width, width, image);
          kernels_.narrow(image, 2 * w, stored);
          const std::array<const void*, 2> sources{from.slab.template at<T>(z) + y * w * from.channels.stored,
                                                   stored};
          layers_.upsampled_rows[static_cast<std::size_t>(r)].run_alone(
              w, sources, to.at<T>(to_z) + to_y * 2 * w * c, nullptr);
        }
  }
}

// Slices z0 to z1 of half resolution, with the image, to twice as many of `cat`: in AMX tiles.
template <class T>
void DnnlVolume<T>::upsample(std::int64_t z0, std::int64_t z1, Slab& to) {
  const std::int64_t w = half_[0], h = half_[1];
  const std::int64_t width = size_[0], height = size_[1], depth = size_[2];
  Slab eight = chunk(static_cast<int>(layers_.blocks.size()) + 1, folded);
  eight.first = z0;
  eight.end = z1;
  float* const lines_of_threads = lines_for(8 * w);
  if (arena_) {
    const Timed timed(*times_, "folding the image");
#pragma omp parallel
    {
      float* const lines = lines_of_threads + omp_get_thread_num() * 8 * w;
#pragma omp for collapse(2) schedule(static)
      for (std::int64_t z = z0; z < z1; ++z)
        for (std::int64_t y = 0; y < h; ++y) {
          const float* rows[4];
          for (std::int64_t r = 0; r < 4; ++r) {
            float* const line = lines + 2 * w * r;
            rows[r] = line;
            std::fill_n(line, 2 * w, 0.0f);
            const std::int64_t iz = 2 * z + r / 2, iy = 2 * y + r % 2;
            if (iz < depth && iy < height)
              std::copy_n(image_.data() + (iz * height + iy) * width, width, line);
          }
          kernels_.fold(rows, w, eight.at<T>(z) + y * w * 8);
        }
    }
  }
  to.make_room(to.end - 3, 2 * (z1 - z0));
  apply(*layers_.upsampling, {&tensors_.back().slab, &eight}, to, half_, z0, z1);
}

template <class T>
void DnnlVolume<T>::last_stage(const LogitsSink& sink) {
  const int step = static_cast<int>(layers_.blocks.size()) + 1;
  const std::int64_t w = half_[0], h = half_[1], d = half_[2];
  const Size3 full{2 * w, 2 * h, 2 * d};
  const std::int64_t classes = layers_.classes;
  std::int64_t done = 0;  // slices of `out` that hold the block's output, not its shortcut alone
  Slab in = chunk(step, cat), inner = chunk(step, full_middle), out = chunk(step, full_out),
       plane = chunk(step, planar), scores;
  if (!layers_.tiled) scores = chunk(step, logits);
  for (std::int64_t z = 0; z < d; z += full_slab_) {
    const std::int64_t end = std::min(d, z + full_slab_);
    this->step((double(layers_.blocks.size()) + double(z) / double(d)) / double(layers_.blocks.size() + 1));
    if (layers_.tiled) {
      upsample(z, end, in);
    } else {
      upsample_rows(z, end, in);
    }
    // Each layer follows the one before it by a slice, and all end together.
    const std::int64_t lag = end == d ? 0 : 1;
    const std::int64_t to_inner = in.end - lag, to_out = to_inner - lag, to_scores = to_out - lag;
    const std::int64_t first = scores.end, last = std::min(size_[2], to_scores), slices = last - first,
                       area = size_[0] * size_[1];
    auto* const planes = reinterpret_cast<float*>(plane.data);
    if (layers_.tiled) {
      advance(*layers_.last1, {&in}, inner, full, done - 1, to_inner);
      out.make_room(first - 1, to_out - done);
      apply(*layers_.last2, {&inner, &in}, out, full, done, to_out);
      done = to_out;
      scores.end = to_scores;
      if (slices <= 0) continue;
      apply(*layers_.head_layer, {&out}, scores, full, first, last,
            {.planes = planes, .plane = slices * area});
    } else {
      if (layers_.last_shortcut) {
        advance(*layers_.last_shortcut, {&in}, out, full, first - 1, to_inner);
      } else {
        out.make_room(first - 1, to_inner - out.end);
      }
      advance(*layers_.last1, {&in}, inner, full, done - 1, to_inner,
              {.second = layers_.last_shortcut ? nullptr : &out});
      apply(*layers_.last2, {&inner}, out, full, done, to_out);  // onto the shortcut's values
      done = to_out;
      scores.first = first;  // its slices are used up
      advance(*layers_.head_layer, {&out}, scores, full, first, to_scores);
      if (slices <= 0 || !arena_) continue;
      const Timed timed(*times_, "logits to planes");
#pragma omp parallel for collapse(2) schedule(static)
      for (std::int64_t s = 0; s < slices; ++s)
        for (std::int64_t y = 0; y < size_[1]; ++y)
          kernels_.planes(scores.at<float>(first + s) + y * full[0] * layers_.head.stored,
                          layers_.head.stored, classes, layers_.head_bias.data(), layers_.head_taps, full[0],
                          size_[0], planes + s * area + y * size_[0], slices * area);
    }
    if (!arena_) continue;
    const Timed timed(*times_, "passing logits on");
    sink({planes, static_cast<std::size_t>(classes * slices * area)}, first, slices);
  }
}

template void DnnlVolume<float>::last_stage(const LogitsSink&);
template void DnnlVolume<Bfloat16>::last_stage(const LogitsSink&);

}  // namespace anatomynet::inference
