#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace anatomynet::fuzz {

/// Runs one reader. `Error` of the kinds that a bad file may cause (input, model, usage) is the right answer;
/// any other exception, one of kind `internal` or `memory` too, is a finding and ends the process.
void read(const std::function<void()>& reader);

/// The bytes as a file of that name in a folder of this process in memory (/dev/shm), the same path at every
/// call.
std::filesystem::path as_file(const std::string& name, std::span<const std::uint8_t> bytes);

}  // namespace anatomynet::fuzz

/// What libFuzzer calls, and `replay.cpp` where the compiler has no libFuzzer: one input, never kept.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
