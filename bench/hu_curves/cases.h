#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace anatomynet::hu_curves {

inline constexpr double least_gain = 0.002;  // of mean Dice on scans that a curve has not seen

struct Options {
  std::string weights, data, output, source;
  std::vector<std::string> hands, organs;
  bool second = false;
};

// Of SCAN_HAND; where the last part is a number, as in pt_12, the case is the clinic's own.
inline std::pair<std::string, std::string> scan_and_hand(const std::string& id) {
  const auto at = id.rfind('_');
  if (at == std::string::npos || id.find_first_not_of("0123456789", at + 1) == std::string::npos)
    return {id, "clinic"};
  return {id.substr(0, at), id.substr(at + 1)};
}

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Gives each second network of the weights a curve where it gains by it.
void fit_second_networks(const Options& options);

}  // namespace anatomynet::hu_curves
