#pragma once
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::core {

/// What long work tells its caller while it runs; results are returned, and failure is an exception. Whoever
/// wants to know overrides what it wants to know. Warnings, errors and details may come from several threads
/// at once, progress from the calling thread alone.
class Messages {
 public:
  virtual ~Messages() = default;
  virtual void debug(const std::string& /*text*/) {}    ///< details, for those who ask for them
  virtual void info(const std::string& /*text*/) {}     ///< what was done
  virtual void warning(const std::string& /*text*/) {}  ///< what was guessed, left out or looks odd
  virtual void error(const std::string& /*text*/) {}    ///< what failed, where the other cases go on
  /// The stage's name and the share done, 0 to 1.
  virtual void progress(std::string_view /*stage*/, double /*fraction*/) {}
};

}  // namespace anatomynet::core
