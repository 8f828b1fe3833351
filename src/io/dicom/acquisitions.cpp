#include "io/dicom/internal/acquisitions.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/parallel_for.h"
#include "core/vectors.h"

namespace anatomynet::io {
namespace {

// So many slices of each between those of the other make two acquisitions that are mixed.
constexpr std::size_t mixed_slices = 3;
// More times than these are those of single slices or rotations.
constexpr std::size_t most_times = 4;

using Groups = std::map<std::string, std::vector<std::size_t>>;  // name: slices

struct Attribute {
  const char* what;
  std::string SliceHeader::*value;
};

constexpr Attribute attributes[] = {{"Acquisition Number", &SliceHeader::acquisition_number},
                                    {"Convolution Kernel", &SliceHeader::kernel},
                                    {"KVP", &SliceHeader::kvp},
                                    {"acquisition time", &SliceHeader::acquisition_time}};

std::vector<double> heights_of(const std::vector<SliceHeader>& slices) {
  const Vec3 normal = cross(slices.front().plane.row, slices.front().plane.column);
  std::vector<double> heights;
  for (const SliceHeader& slice : slices) heights.push_back(dot(slice.plane.position, normal));
  return heights;
}

Groups groups_by(const std::vector<SliceHeader>& slices, const Attribute& attribute) {
  Groups groups;
  for (std::size_t i = 0; i < slices.size(); ++i) groups[slices[i].*attribute.value].push_back(i);
  if (attribute.value != &SliceHeader::acquisition_time) return groups;
  if (groups.size() > most_times) return {};
  Groups in_order;
  for (auto& [time, members] : groups) in_order[std::to_string(in_order.size() + 1)] = std::move(members);
  return in_order;
}

std::size_t between(const std::vector<std::size_t>& members, double low, double high,
                    const std::vector<double>& heights) {
  return static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [&](std::size_t i) {
    return heights[i] >= low && heights[i] <= high;
  }));
}

bool mixed(const Groups& groups, const std::vector<double>& heights) {
  const auto range = [&](const std::vector<std::size_t>& members) {
    const auto [low, high] =
        std::minmax_element(members.begin(), members.end(),
                            [&](std::size_t a, std::size_t b) { return heights[a] < heights[b]; });
    return std::pair(heights[*low], heights[*high]);
  };
  for (auto a = groups.begin(); a != groups.end(); ++a)
    for (auto b = std::next(a); b != groups.end(); ++b) {
      const auto [a_low, a_high] = range(a->second);
      const auto [b_low, b_high] = range(b->second);
      const double low = std::max(a_low, b_low), high = std::min(a_high, b_high);
      if (between(a->second, low, high, heights) >= mixed_slices &&
          between(b->second, low, high, heights) >= mixed_slices)
        return true;
    }
  return false;
}

std::string called(const std::string& name) { return name.empty() ? "none" : name; }

void keep(std::vector<SliceHeader>& slices, const std::vector<std::size_t>& members) {
  std::vector<SliceHeader> kept;
  for (const std::size_t i : members) kept.push_back(std::move(slices[i]));
  slices = std::move(kept);
}

[[noreturn]] void refuse(const std::string& source, const std::string& what, const std::string& list) {
  throw Error(ErrorKind::input, source + ": slices of several acquisitions lie between each other (" + what +
                                    ": " + list + "); choose one with --acquisition N, or separate them");
}

std::string list_of(const Groups& groups) {
  std::string list;
  for (const auto& [name, members] : groups)
    list += (list.empty() ? "" : ", ") + called(name) + " with " + std::to_string(members.size()) + " slices";
  return list;
}

// Means over 8 x 8 pixels of soft tissue's window, from every second pixel of every second row.
std::vector<float> coarse(const CtVolume& ct, std::int64_t z) {
  constexpr std::int64_t cell = 8, step = 2;
  const std::int64_t nx = ct.grid.size[0] / cell, ny = ct.grid.size[1] / cell;
  std::vector<float> means(static_cast<std::size_t>(nx * ny));
  constexpr float share = float(step * step) / (cell * cell);
  for (std::int64_t y = 0; y < ny * cell; y += step) {
    const std::int16_t* row = ct.voxels.data() + ct.grid.offset(0, y, z);
    float* to = means.data() + y / cell * nx;
    for (std::int64_t x = 0; x < nx; ++x, row += cell) {
      int sum = 0;
      for (std::int64_t k = 0; k < cell; k += step) sum += std::clamp<int>(row[k], -1000, 1000);
      to[x] += float(sum) * share;
    }
  }
  return means;
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                               [](float p, float q) { return std::abs(double(p) - double(q)); });
}

}  // namespace

void choose_acquisition(std::vector<SliceHeader>& slices, std::string& wanted, const std::string& source) {
  for (const Attribute& attribute : attributes) {
    if (slices.empty()) return;
    const Groups groups = groups_by(slices, attribute);
    if (groups.size() < 2) continue;
    const auto named = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& group) { return called(group.first) == wanted; });
    if (!wanted.empty() && named != groups.end()) {
      const std::vector<std::size_t> members = named->second;
      keep(slices, members);
      wanted.clear();
      continue;
    }
    if (mixed(groups, heights_of(slices))) refuse(source, attribute.what, list_of(groups));
  }
}

bool slices_alternate(const CtVolume& on_slices, int threads) {
  constexpr double much_more = 0.7;
  constexpr int enough = 6;
  const std::int64_t n = on_slices.grid.size[2];
  std::vector<std::vector<float>> slices(static_cast<std::size_t>(n));
  parallel_for(slices.size(), threads,
               [&](std::size_t z) { slices[z] = coarse(on_slices, static_cast<std::int64_t>(z)); });
  double last = 0;  // from the slice before to the one before that
  int run = 0;
  for (std::size_t z = 0; z < slices.size(); ++z) {
    const double first = z > 0 ? difference(slices[z], slices[z - 1]) : 0;
    if (z > 1) {
      const double second = difference(slices[z], slices[z - 2]);
      run = second < much_more * std::min(first, last) ? run + 1 : 0;
      if (run >= enough) return true;
    }
    last = first;
  }
  return false;
}

void choose_alternate(std::vector<SliceHeader>& slices, const std::vector<std::size_t>& order,
                      std::string& wanted, const std::string& source) {
  const std::size_t half = (order.size() + 1) / 2;
  if (wanted != "1" && wanted != "2")
    refuse(source, "every second slice shows something else",
           "1 with " + std::to_string(half) + " slices, 2 with " + std::to_string(order.size() - half) +
               " slices");
  std::vector<std::size_t> members;
  for (std::size_t i = wanted == "1" ? 0 : 1; i < order.size(); i += 2) members.push_back(order[i]);
  keep(slices, members);
  wanted.clear();
}

}  // namespace anatomynet::io
