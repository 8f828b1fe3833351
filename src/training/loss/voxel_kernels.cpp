#include "training/loss/voxel_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/Parallel.h>

#include "core/bfloat16.h"
#include "network/vector_clones.h"

namespace anatomynet::training {
namespace {

constexpr std::int64_t lanes = 16, chunk_blocks = 256;  // voxels of a block, blocks of a chunk
constexpr float smallest = 1e-6f;
using Lane = std::array<float, lanes>;

// e^x for x <= 0, relative error below 2e-7 (x >= -87; 0 beneath): Cody and Waite's reduction, degree 6.
inline __attribute__((always_inline)) float exp_of(float x) {
  const float v = std::max(x, -87.0f);
  const float n = std::floor(v * 1.44269504f + 0.5f);
  const float r = (v - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666667e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const float power =
      std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23);
  return x < -87.0f ? 0.0f : p * power;
}

// `z` holds logits on entry, probabilities on return.
inline __attribute__((always_inline)) void softmax_block(Lane* z, std::size_t classes) {
  Lane top = z[0], sum{};
  for (std::size_t c = 1; c < classes; ++c)
    for (std::size_t l = 0; l < lanes; ++l) top[l] = std::max(top[l], z[c][l]);
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t l = 0; l < lanes; ++l) {
      z[c][l] = exp_of(z[c][l] - top[l]);
      sum[l] += z[c][l];
    }
  for (std::size_t l = 0; l < lanes; ++l) sum[l] = 1 / sum[l];
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t l = 0; l < lanes; ++l) z[c][l] *= sum[l];
}
ANATOMYNET_VECTOR_CLONES void softmax(Lane* z, std::size_t classes) { softmax_block(z, classes); }

// grad z_k = p_k (d_k - sum_j p_j d_j); `p` becomes the gradient, `d` is the gradient of p.
ANATOMYNET_VECTOR_CLONES void through_softmax(Lane* p, const Lane* d, std::size_t classes) {
  Lane dot{};
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t l = 0; l < lanes; ++l) dot[l] += p[c][l] * d[c][l];
  for (std::size_t c = 0; c < classes; ++c)
    for (std::size_t l = 0; l < lanes; ++l) p[c][l] *= d[c][l] - dot[l];
}

// The input's memory, whatever its strides.
struct Layout {
  std::size_t classes;
  std::int64_t voxels, of_class, of_voxel;  // strides
};

Layout layout_of(const torch::Tensor& t) {
  const std::int64_t d = t.size(1), h = t.size(2), w = t.size(3);
  return {static_cast<std::size_t>(t.size(0)), d * h * w, t.stride(0), t.stride(3)};
}

bool one_stride(const torch::Tensor& t) {
  return t.stride(2) == t.size(3) * t.stride(3) && t.stride(1) == t.size(2) * t.stride(2);
}

template <class T>
void load(const T* from, const Layout& l, std::int64_t first, std::int64_t count, Lane* z) {
  for (std::size_t c = 0; c < l.classes; ++c) {
    const T* at = from + std::int64_t(c) * l.of_class + first * l.of_voxel;
    for (std::int64_t v = 0; v < count; ++v) z[c][std::size_t(v)] = widen(at[v * l.of_voxel]);
    for (std::int64_t v = count; v < lanes; ++v) z[c][std::size_t(v)] = 0;
  }
}

template <class T>
void store(T* to, const Layout& l, std::int64_t first, std::int64_t count, const Lane* z) {
  for (std::size_t c = 0; c < l.classes; ++c) {
    T* at = to + std::int64_t(c) * l.of_class + first * l.of_voxel;
    for (std::int64_t v = 0; v < count; ++v) at[v * l.of_voxel] = narrow<T>(z[c][std::size_t(v)]);
  }
}

// Own class of each lane, and the probability that counts for it: the background's includes the classes that
// are not kept.
struct Own {
  std::array<std::size_t, lanes> label{}, zone{};
  bool one_zone = true;  // for all lanes
  Lane p{};
};

Own own_of(const Lane* p, const std::uint8_t* labels, const std::uint8_t* zones, std::int64_t count,
           const KeptClasses& kept) {
  Own own;
  for (std::size_t l = 0; l < std::size_t(count); ++l) {
    const std::size_t label = labels[l], zone = zones ? zones[l] : 0;
    own.zone[l] = zone;
    own.one_zone = own.one_zone && zone == own.zone[0];
    own.label[l] = kept.at(zone, label) ? label : 0;
    own.p[l] = p[own.label[l]][l];
    if (own.label[l] > 0) continue;
    for (std::size_t c = 1; c < kept.classes; ++c)
      if (!kept.at(zone, c)) own.p[l] += p[c][l];
  }
  return own;
}

const std::uint8_t* zones_of(const VoxelInput& in) {
  return in.zones.defined() ? in.zones.data_ptr<std::uint8_t>() : nullptr;
}

template <class T>
ClassRows sums_of(const VoxelInput& in) {
  const Layout layout = layout_of(in.logits);
  const auto* from = static_cast<const T*>(in.logits.data_ptr());
  const auto* labels = in.labels.data_ptr<std::uint8_t>();
  const auto* zones = zones_of(in);
  const std::int64_t chunk = lanes * chunk_blocks, chunks = (layout.voxels + chunk - 1) / chunk;
  std::vector<ClassRows> parts(std::size_t(chunks), ClassRows(layout.classes));
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Lane> p(layout.classes), all(in.kept.flags.size());  // sums of p: zones x classes
    for (std::int64_t i = begin; i < end; ++i) {
      ClassRows& sums = parts[std::size_t(i)];
      std::fill(all.begin(), all.end(), Lane{});
      const std::int64_t last = std::min(layout.voxels, (i + 1) * chunk);
      for (std::int64_t first = i * chunk; first < last; first += lanes) {
        const std::int64_t count = std::min(lanes, last - first);
        load(from, layout, first, count, p.data());
        softmax(p.data(), layout.classes);
        const Own own = own_of(p.data(), labels + first, zones ? zones + first : nullptr, count, in.kept);
        if (own.one_zone) {
          Lane* sum = all.data() + own.zone[0] * layout.classes;
          for (std::size_t c = 0; c < layout.classes; ++c)
            for (std::size_t l = 0; l < std::size_t(count); ++l) sum[c][l] += p[c][l];
        } else {
          for (std::size_t l = 0; l < std::size_t(count); ++l)
            for (std::size_t c = 0; c < layout.classes; ++c)
              all[own.zone[l] * layout.classes + c][l] += p[c][l];
        }
        for (std::size_t l = 0; l < std::size_t(count); ++l) {
          const double q = double(own.p[l]), rest = (1 - q) * (1 - q), log = std::log(std::max(q, 1e-6));
          const std::size_t c = own.label[l];
          sums.at(sum_tp, c) += q;
          sums.at(sum_g, c) += 1;
          sums.at(sum_focal, c) += rest * log;
          sums.at(sum_focal_tp, c) += q * rest;
          sums.at(sum_log_p, c) += log;
        }
      }
      for (std::size_t i_all = 0; i_all < all.size(); ++i_all)
        for (const float v : all[i_all])
          sums.at(sum_p, in.kept.flags[i_all] ? i_all % layout.classes : 0) += double(v);
    }
  });
  ClassRows total(layout.classes);
  for (const ClassRows& part : parts)
    for (std::size_t k = 0; k < total.values.size(); ++k) total.values[k] += part.values[k];
  return total;
}

template <class T>
torch::Tensor gradient_of(const VoxelInput& in, const ClassRows& g) {
  const Layout layout = layout_of(in.logits);
  torch::Tensor out = torch::empty_strided(in.logits.sizes(), in.logits.strides(), in.logits.options());
  const auto* from = static_cast<const T*>(in.logits.data_ptr());
  auto* to = static_cast<T*>(out.data_ptr());
  const auto* labels = in.labels.data_ptr<std::uint8_t>();
  const auto* zones = zones_of(in);
  const std::int64_t chunk = lanes * chunk_blocks, chunks = (layout.voxels + chunk - 1) / chunk;
  std::vector<float> base(in.kept.flags.size());  // the gradient of the sums of p: zones x classes
  for (std::size_t i = 0; i < base.size(); ++i)
    base[i] = float(g.at(sum_p, in.kept.flags[i] ? i % layout.classes : 0));
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Lane> p(layout.classes), d(layout.classes);
    for (std::int64_t first = begin * chunk; first < std::min(layout.voxels, end * chunk); first += lanes) {
      const std::int64_t count = std::min(lanes, layout.voxels - first);
      load(from, layout, first, count, p.data());
      softmax(p.data(), layout.classes);
      const Own own = own_of(p.data(), labels + first, zones ? zones + first : nullptr, count, in.kept);
      for (std::size_t c = 0; c < layout.classes; ++c) {
        d[c].fill(base[own.zone[0] * layout.classes + c]);
        if (own.one_zone) continue;
        for (std::size_t l = 0; l < std::size_t(count); ++l) d[c][l] = base[own.zone[l] * layout.classes + c];
      }
      for (std::size_t l = 0; l < std::size_t(count); ++l) {
        const double q = double(own.p[l]), rest = 1 - q, log = std::log(std::max(q, double(smallest)));
        const double of_log = q > double(smallest) ? 1 / q : 0;
        const std::size_t c = own.label[l];
        const auto more = float(g.at(sum_tp, c) + g.at(sum_log_p, c) * of_log +
                                g.at(sum_focal, c) * (rest * rest * of_log - 2 * rest * log) +
                                g.at(sum_focal_tp, c) * rest * (1 - 3 * q));
        d[c][l] += more;
        if (c > 0) continue;
        for (std::size_t k = 1; k < layout.classes; ++k)
          if (!in.kept.at(own.zone[l], k)) d[k][l] += more;
      }
      through_softmax(p.data(), d.data(), layout.classes);
      store(to, layout, first, count, p.data());
    }
  });
  return out;
}

// A tensor whose voxels follow one another at one stride, as the loops want them.
torch::Tensor regular(const torch::Tensor& t) { return one_stride(t) ? t : t.contiguous(); }

}  // namespace

ClassRows voxel_sums(const VoxelInput& in) {
  const torch::Tensor logits = regular(in.logits);
  const VoxelInput input{logits, in.labels, in.kept, in.zones};
  return logits.scalar_type() == torch::kBFloat16 ? sums_of<std::uint16_t>(input) : sums_of<float>(input);
}

torch::Tensor voxel_gradient(const VoxelInput& in, const ClassRows& of_sums) {
  const torch::Tensor logits = regular(in.logits);
  const VoxelInput input{logits, in.labels, in.kept, in.zones};
  return logits.scalar_type() == torch::kBFloat16 ? gradient_of<std::uint16_t>(input, of_sums)
                                                  : gradient_of<float>(input, of_sums);
}

}  // namespace anatomynet::training
