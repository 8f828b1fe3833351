#pragma once
#include <optional>
#include <string>

// What several pages show in the same way. Internal to the pages.
namespace anatomynet::report {

/// A dash for what is not defined.
std::string number(double value, int decimals);
std::string number(const std::optional<double>& value, int decimals);

/// "0.0123", "&lt; 0.0001".
std::string p_value(double p);

/// An organ's colour in CSS; grey where the program does not know it.
std::string colour_of(const std::string& organ);

}  // namespace anatomynet::report
