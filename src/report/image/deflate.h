#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace anatomynet::report {

/// A zlib stream (RFC 1950) of these bytes. libdeflate makes it, or zlib in a build without that.
std::string deflated(std::span<const std::uint8_t> bytes);

}  // namespace anatomynet::report
