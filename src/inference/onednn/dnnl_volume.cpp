#include "inference/onednn/dnnl_volume.h"

#include <algorithm>

#include <omp.h>

namespace anatomynet::inference {

template <class T>
DnnlVolume<T>::DnnlVolume(NetworkLayers& layers, const Size3& size, bool in_slabs)
    : layers_(layers), kernels_(channel_kernels<T>()), size_(size), in_slabs_(in_slabs) {
  if (in_slabs) {
    slab_ = layers.group == 1 ? 3 : layers.group;
    full_slab_ = layers.group == 1 ? 3 : layers.group / 2;
  }
  for (int k = 0; k < 3; ++k) half_[k] = (size[k] + 1) / 2;
  const std::int64_t plane = half_[0] * half_[1], depth = half_[2];
  slab_ = std::min(slab_, (depth + layers.group - 1) / layers.group * layers.group);
  full_slab_ = std::min(full_slab_, depth);
  const auto& blocks = layers.blocks;
  const int final_step = static_cast<int>(blocks.size()) + 1;

  tensors_.push_back({{}, layers.stem});
  for (const BlockLayers& b : blocks) tensors_.push_back({{}, b.out});
  std::int64_t widest = 0;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    Tensor& t = tensors_[i];
    widest = std::max(widest, t.channels.stored);
    t.slab.slice_bytes = plane * t.channels.stored * static_cast<std::int64_t>(sizeof(T));
    t.slab.capacity = t.slab.end = depth;
    int last = static_cast<int>(i) + 1;
    for (std::size_t b = 0; b < blocks.size() && !in_slabs; ++b)
      if (layers.skip_of[b] == static_cast<int>(i)) last = static_cast<int>(b) + 1;
    lifetimes_.push_back({t.slab.slice_bytes * depth, static_cast<int>(i), last});
  }
  groups_ = (half_[1] + rows_a_group - 1) / rows_a_group;
  group_sums_.resize(static_cast<std::size_t>(depth * groups_ * widest));
  std::int64_t sums = 0;
  for (const BlockLayers& b : blocks)
    if (b.excitation && b.conv2->reads_parts()) sums = std::max(sums, sums_a_slice(*b.conv2));
  channel_sums_.resize(static_cast<std::size_t>(depth * sums * widest));

  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const BlockLayers& b = blocks[i];
    const int step = static_cast<int>(i) + 1;
    if (b.copies) note_chunk(step, joined, slab_ + 2, plane * b.joined, sizeof(T));
    if (b.int8) note_chunk(step, integers, slab_ + 2, plane * b.joined, 1);
    note_chunk(step, middle, slab_ + 2, plane * b.out.stored, b.int8 ? 1 : sizeof(T));
    if (b.shortcut && !b.in_place) note_chunk(step, shortcut, slab_, plane * b.out.stored, sizeof(float));
    for (int level = 0; in_slabs && level <= layers.skip_of[i]; ++level) {
      const int kind = streams + 4 * level;
      const std::int64_t values = plane * tensors_[static_cast<std::size_t>(level)].channels.stored;
      note_chunk(step, kind, slab_ + 6, values, sizeof(T));
      if (level == 0) continue;
      const BlockLayers& of = blocks[static_cast<std::size_t>(level) - 1];
      note_chunk(step, kind + 1, slab_ + 4, values, of.int8 ? 1 : sizeof(T));
      if (of.shortcut && !of.in_place) note_chunk(step, kind + 2, slab_ + 1, values, sizeof(float));
      if (of.int8) note_chunk(step, kind + 3, slab_ + 3, plane * of.joined, 1);
    }
  }
  const std::int64_t full = 4 * plane, made = 2 * full_slab_;
  if (layers.tiled) {
    note_chunk(final_step, folded, full_slab_, plane * 8, sizeof(T));
  } else {
    note_chunk(final_step, logits, made + 3, full * layers.head.stored, sizeof(float));
  }
  note_chunk(final_step, cat, 2 * made + 4, full * layers.full.stored, sizeof(T));
  note_chunk(final_step, full_middle, 2 * made + 4, full * layers.last.stored, sizeof(T));
  note_chunk(final_step, full_out, 2 * made + 4, full * layers.last.stored, sizeof(T));
  note_chunk(final_step, planar, made + 3, full * layers.classes, sizeof(float));
  plan_ = plan_memory(lifetimes_);
}

template <class T>
void DnnlVolume<T>::note_chunk(int step, int which, std::int64_t slices, std::int64_t slice_values,
                               std::size_t size) {
  Slab s;
  s.slice_bytes = slice_values * static_cast<std::int64_t>(size);
  s.capacity = slices;
  chunks_[{step, which}] = {lifetimes_.size(), s};
  lifetimes_.push_back({s.slice_bytes * slices, step, step});
}

template <class T>
Slab DnnlVolume<T>::chunk(int step, int which) const {
  const auto& [lifetime, shape] = chunks_.at({step, which});
  Slab s = shape;
  if (arena_) s.data = arena_ + plan_.offsets[lifetime];
  return s;
}

template <class T>
void DnnlVolume<T>::prepare() {
  std::map<std::string, LayerTime> none;
  arena_ = nullptr;
  times_ = &none;
  pass({});
  times_ = nullptr;
}

template <class T>
void DnnlVolume<T>::run(dnnl::stream& stream, std::span<const float> image, std::byte* arena,
                        const LogitsSink& sink, std::map<std::string, LayerTime>& times) {
  stream_ = &stream;
  arena_ = arena;
  times_ = &times;
  image_ = image;
  pass(sink);
}

template <class T>
void DnnlVolume<T>::pass(const LogitsSink& sink) {
  for (std::size_t i = 0; i < tensors_.size(); ++i)
    tensors_[i].slab.data = arena_ ? arena_ + plan_.offsets[i] : nullptr;
  scales_.assign(layers_.blocks.size(), {});
  stem(tensors_[0].slab, 0, half_[2]);
  for (std::size_t i = 0; i < layers_.blocks.size(); ++i) {
    step(double(i) / double(layers_.blocks.size() + 1));
    block(static_cast<int>(i));
  }
  last_stage(sink);
}

template <class T>
void DnnlVolume<T>::step(double done) {
  if (arena_ && steps_) steps_(done);
}

template <class T>
void DnnlVolume<T>::stem(const Slab& out, std::int64_t z0, std::int64_t z1) {
  const Timed timed(*times_, "first convolution");
  const std::int64_t width = size_[0], height = size_[1], depth = size_[2];
  const std::int64_t w = half_[0], h = half_[1], channels = layers_.stem.stored;
  // Nine rows a thread, with a zero before and zeros behind; rows beyond the image are zero.
  const std::int64_t length = 2 * w + 2;
  float* const rows_of_threads = lines_for(9 * length);
  if (!arena_) return;
#pragma omp parallel
  {
    float* const rows = rows_of_threads + omp_get_thread_num() * 9 * length;
    const float* at[9];
    for (std::int64_t r = 0; r < 9; ++r) at[r] = rows + r * length;
    std::fill_n(rows, 9 * length, 0.0f);
#pragma omp for collapse(2) schedule(static)
    for (std::int64_t z = z0; z < z1; ++z)
      for (std::int64_t y = 0; y < h; ++y) {
        for (std::int64_t r = 0; r < 9; ++r) {
          const std::int64_t iz = 2 * z + r / 3 - 1, iy = 2 * y + r % 3 - 1;
          float* to = rows + r * length + 1;
          if (iz < 0 || iz >= depth || iy < 0 || iy >= height) {
            std::fill_n(to, width, 0.0f);
          } else {
            std::copy_n(image_.data() + (iz * height + iy) * width, width, to);
          }
        }
        kernels_.stem(at, layers_.stem_weights.data(), layers_.stem_bias.data(), w, channels, layers_.slope,
                      out.at<T>(z) + y * w * channels);
      }
  }
}

// Memory for every thread's own lines of the image, so that none is taken inside an OpenMP region.
template <class T>
float* DnnlVolume<T>::lines_for(std::int64_t floats_a_thread) {
  const auto floats = static_cast<std::size_t>(floats_a_thread * omp_get_max_threads());
  if (lines_.size() < floats) lines_.resize(floats);
  return lines_.data();
}

// Slices z0 to z1 of `out` by the layer on `in`, which hold what that takes of tensors of `size` voxels.
// Several tensors and extras are for our own kernels.
template <class T>
void DnnlVolume<T>::apply(Convolution& layer, std::initializer_list<const Slab*> in, const Slab& out,
                          const Size3& size, std::int64_t z0, std::int64_t z1, const LayerExtras& extras) {
  if (z1 <= z0) return;
  const std::int64_t kernel_radius = layer.options().kernel / 2;
  const std::int64_t from = std::max<std::int64_t>(0, z0 - kernel_radius),
                     to = std::min(size[2], z1 + kernel_radius);
  const bool front = z0 < kernel_radius;
  const bool back = z1 + kernel_radius > size[2];
  if (!arena_) {
    if (layer.in_tiles()) {
      layer.prepare(TileRun{to - from, size[1], size[0], front, back, {}, nullptr});
    } else {
      layer.prepare(Convolution::Shape{to - from, size[1], size[0], front, back});
    }
    return;
  }
  LayerTime& entry = (*times_)["convolution " + layer.options().name];
  const Timed timed(entry);
  const double before = layer.multiply_adds();
  std::vector<const void*> sources;
  for (const Slab* slab : in) sources.push_back(slab->at(from));
  if (layer.in_tiles()) {
    TileRun run{to - from, size[1], size[0], front, back, sources, nullptr};
    run.accumulate_from = extras.accumulate_from;
    if (extras.channel_sums) run.channel_sums = extras.channel_sums + z0 * size[1] * layer.options().out;
    if (extras.planes) {
      run.destination = extras.planes;
      run.plane = extras.plane;
      run.wanted_width = size_[0];
      run.wanted_height = size_[1];
    } else {
      run.destination = out.at(layer.options().upsample_2x ? 2 * z0 : z0);
    }
    layer.run(run);
  } else {
    std::vector<void*> destinations{out.at(z0)};
    if (extras.second) destinations.push_back(extras.second->at(z0));
    Convolution::Buffers buffers{sources, destinations, extras.accumulate_from};
    if (extras.channel_sums)
      buffers.channel_sums = extras.channel_sums + z0 * sums_a_slice(layer) * layer.options().out;
    layer.run(*stream_, Convolution::Shape{to - from, size[1], size[0], front, back}, z0, buffers);
    stream_->wait();
  }
  entry.multiply_adds += layer.multiply_adds() - before;
}

template <class T>
std::int64_t DnnlVolume<T>::sums_a_slice(const Convolution& layer) const {
  return layer.in_tiles() ? half_[1] : WinogradConvolution::sums_a_slice(half_[1], half_[0]);
}

// Extends `out` up to slice `end`; it keeps the slices from `keep` on.
template <class T>
void DnnlVolume<T>::advance(Convolution& layer, std::initializer_list<const Slab*> in, Slab& out,
                            const Size3& size, std::int64_t keep, std::int64_t end,
                            const LayerExtras& extras) {
  const std::int64_t z0 = out.end;
  if (end <= z0) return;
  out.make_room(keep, end - z0);
  apply(layer, in, out, size, z0, end, extras);
}

template class DnnlVolume<float>;
template class DnnlVolume<Bfloat16>;

}  // namespace anatomynet::inference
