#pragma once
#include <cstdint>

namespace anatomynet {

/// Bytes that this process can still take: the smaller of the system's available memory, its control group's
/// limit and the process's own (ulimit -v); 0 where none can be read.
std::int64_t available_memory();

/// The largest resident size of this process so far, in bytes; 0 where it cannot be read.
std::int64_t peak_memory();

}  // namespace anatomynet
