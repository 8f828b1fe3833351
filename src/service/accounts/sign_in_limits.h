#pragma once
#include <map>
#include <string>

#include "core/names.h"

namespace anatomynet::service {

/// How often a password may be tried. After 5 wrong ones in a row for a name, or 20 from an address, a pause
/// begins in which none is looked at: a second, then twice as long after each further wrong one, up to 60 s
/// for a name (nobody can keep its owner out for long) and 15 min for an address. Names that are no account
/// count as others do. Times in seconds. Not for several threads at once.
class SignInLimits {
 public:
  bool is_paused(const std::string& name, const std::string& address, double now) const;
  void failed(const std::string& name, const std::string& address, double now);
  void succeeded(const std::string& name, const std::string& address);

 private:
  struct Failures {
    int count = 0;
    double until = 0, last = 0;
  };
  void note(const std::string& key, int borne, double longest_s, double now);
  std::map<std::string, Failures> failures_;
};

}  // namespace anatomynet::service
