#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "core/names.h"

namespace anatomynet::service {

/// Which series, by UID, are coming in, and since when the others are quiet: decides when a CT is complete.
/// Of one process; after a start every series that grew counts as cut off then.
class SeriesActivity {
 public:
  SeriesActivity(double quiet_s, double interrupted_quiet_s);

  /// An association brings its first instance of it: to be called before that is recorded.
  void begin(const std::string& series);
  /// Such an association ended; `clean`: by release, not by abort or a broken connection.
  void end(const std::set<std::string>& series, bool clean);
  void whole(const std::string& series);  ///< as many instances are there as the archive says

  /// Whether nothing more is awaited.
  bool is_quiet(const std::string& series);
  void forget(const std::string& series);

 private:
  struct Entry {
    int associations = 0;
    double ready_at = 0;  ///< seconds_now(); counts without associations
    bool whole = false;
  };
  Entry& entry(const std::string& series);

  std::mutex mutex_;
  const double quiet_s_, interrupted_quiet_s_;
  const double start_;
  std::map<std::string, Entry> entries_;
};

}  // namespace anatomynet::service
