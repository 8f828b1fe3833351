#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/names.h"

// The one writer of CSV (RFC 4180, lines ended by \n), and its reader.
namespace anatomynet::core {

/// The cells of one line.
using CsvRow = std::vector<std::string>;

/// One line with its end. Cells may hold any bytes: they are cleaned (core/text.h) and quoted where a program
/// that parts cells at commas or semicolons would go wrong. A spreadsheet takes a cell that begins with = + -
/// or @ for a formula and would run what a file's author put there: such cells get a leading apostrophe,
/// unless they are plain numbers ("-12.5").
std::string csv_line(const CsvRow& cells);

/// The cells of one line, without its end, as they were given to csv_line: quotes and leading apostrophes of
/// formulas are taken away again.
CsvRow csv_cells(std::string_view line);

/// Nine significant digits; empty for what is not finite.
std::string csv_number(double value);

}  // namespace anatomynet::core
