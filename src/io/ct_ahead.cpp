#include "io/ct_ahead.h"

#include <utility>

#include "core/cpus.h"
#include "core/error.h"

namespace anatomynet::io {

CtAhead::CtAhead(std::filesystem::path path, const ReadOptions& options, const Progress& progress) {
  const auto while_wanted = [this, progress](std::string_view stage, double fraction) {
    if (!wanted_) throw Error(ErrorKind::internal, "the CT is not wanted any more");
    if (progress) progress(stage, fraction);
  };
  const auto read = [path = std::move(path), options, while_wanted] {
    return read_ct(path, options, while_wanted);
  };
  // The second: a thread where one can be had.
  ct_ = std::async(usable_cpus() < 2 ? std::launch::deferred : std::launch::async | std::launch::deferred,
                   read);
}

CtAhead::~CtAhead() { wanted_ = false; }

}  // namespace anatomynet::io
