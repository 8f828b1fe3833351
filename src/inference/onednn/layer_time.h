#pragma once
#include <map>
#include <string>

#include "core/clock.h"

namespace anatomynet::inference {

/// Seconds and multiply-adds of one kind of work over a run.
struct LayerTime {
  double seconds = 0, multiply_adds = 0;
};

/// Adds the time of a scope to an entry.
class Timed {
 public:
  explicit Timed(LayerTime& entry) : entry_(entry), start_(seconds_now()) {}
  Timed(std::map<std::string, LayerTime>& times, const std::string& name) : Timed(times[name]) {}
  ~Timed() { entry_.seconds += seconds_now() - start_; }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  LayerTime& entry_;
  double start_;
};

}  // namespace anatomynet::inference
