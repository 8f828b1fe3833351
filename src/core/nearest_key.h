#pragma once
#include <algorithm>
#include <string_view>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

/// Letters to insert, delete, replace or exchange with their neighbour to make one word of the other
/// (Damerau 1964, each place changed once).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + std::size_t(a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

/// The word nearest to `word`, the first of several; empty where there are none.
template <class Words>
std::string_view nearest_word(std::string_view word, const Words& words) {
  std::string_view best;
  std::size_t least = std::size_t(-1);
  for (const auto& candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

}  // namespace anatomynet::core
