#pragma once
#include <string>

// Options of how a DICOM CT is read that several commands have.
namespace anatomynet::cli {

class CommandLine;

/// --accept-damaged.
void add_accept_damaged(CommandLine& app, bool& accept);

/// --allow-gaps.
void add_allow_gaps(CommandLine& app, bool& allow);

/// --acquisition.
void add_acquisition(CommandLine& app, std::string& acquisition);

}  // namespace anatomynet::cli
