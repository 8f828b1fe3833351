#pragma once
#include <cstddef>
#include <vector>

#include <omp.h>

#include "core/names.h"

namespace anatomynet::core {

/// A buffer for every thread of an OpenMP region, allocated before the region: an allocation that fails
/// inside one ends the process.
template <class T>
class ThreadBuffers {
 public:
  /// At least `each` values for as many threads as the next region can have; earlier contents are lost.
  void ready(std::size_t each) {
    each_ = each;
    const std::size_t all = each * static_cast<std::size_t>(omp_get_max_threads());
    if (values_.size() < all) values_.resize(all);
  }

  /// Inside the region: the calling thread's.
  T* here() { return values_.data() + each_ * static_cast<std::size_t>(omp_get_thread_num()); }

 private:
  std::size_t each_ = 0;
  std::vector<T> values_;
};

}  // namespace anatomynet::core
