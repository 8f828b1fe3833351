#pragma once
#include <string>

namespace CLI {
class App;
}

// Options of how a DICOM CT is read that several commands have.
namespace anatomynet::cli {

/// --accept-damaged.
void add_accept_damaged(CLI::App& app, bool& accept);

/// --allow-gaps.
void add_allow_gaps(CLI::App& app, bool& allow);

/// --acquisition.
void add_acquisition(CLI::App& app, std::string& acquisition);

}  // namespace anatomynet::cli
