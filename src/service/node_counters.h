#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/names.h"

namespace anatomynet::service {

/// How long something took, by upper limits of classes in seconds. For any number of threads.
class SecondsHistogram {
 public:
  static constexpr std::array<double, 9> limits = {5, 10, 30, 60, 120, 300, 600, 1800, 3600};

  struct Counts {
    std::array<std::int64_t, limits.size() + 1> in_class{};  ///< the last: longer than all limits
    double sum_s = 0;
  };

  void add(double seconds) {
    std::size_t k = 0;
    while (k < limits.size() && seconds > limits[k]) ++k;
    const std::lock_guard guard(mutex_);
    ++counts_.in_class[k];
    counts_.sum_s += seconds;
  }
  Counts counts() const {
    const std::lock_guard guard(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

/// What a node did since its start, for /metrics. For any number of threads.
struct NodeCounters {
  std::atomic<std::int64_t> instances{0}, instance_bytes{0};  ///< answered with success
  std::atomic<std::int64_t> associations_served{0}, associations_refused{0}, associations_open{0};
  std::atomic<std::int64_t> contourings_failed{0};  ///< attempts
  SecondsHistogram contouring_s;                    ///< of attempts that ended well
};

}  // namespace anatomynet::service
