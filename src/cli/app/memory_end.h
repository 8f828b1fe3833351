#pragma once
#include <system_error>

namespace anatomynet::cli {

/// Keeps a little memory back, which is given up when memory ends, so that what is said and cleaned up then
/// has some; and has the process end with exit code 6, without half-made output, where a lack of memory or of
/// room for a thread meets code that cannot pass it on. To be called first in main.
void prepare_for_the_end_of_memory();

/// Writes "anatomynet: error: `text`" to stderr without taking memory; returns exit code 6.
int fail_for_memory(const char* text) noexcept;

constexpr const char* out_of_memory_text = "out of memory; use a machine with more, or a smaller volume";

/// What is to be said where the system refused memory or a thread; null for any other error.
const char* memory_text_of(const std::system_error& error) noexcept;

}  // namespace anatomynet::cli
