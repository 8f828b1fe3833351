#pragma once
#include <filesystem>
#include <string>

#include "core/manifest.h"
#include "core/messages.h"
#include "core/output.h"

namespace anatomynet::pipeline {

/// Whether a case's folder holds all that a run with these facts wrote: its manifest says so, and every file
/// is as it was written (size and SHA-256). What was changed or is gone since is said as a warning, after
/// which the case is not done.
bool is_done(const std::filesystem::path& folder, const std::string& name, const ManifestFacts& facts,
             Messages& messages);

/// Files in a case's folder that somebody changed after they were written, corrected contours perhaps, go
/// into `out` as changed/<file> (changed-2/ and so on where there is one), so that making the case again does
/// not lose them.
void keep_changed_files(OutputFolder& out, const std::filesystem::path& folder);

/// Throws Error(output) with the reason of `failure` where a further file of 16 MB cannot be written into
/// `folder`: the disk is full, and the cases to come would fail too.
void require_room(const std::filesystem::path& folder, const std::string& failure);

}  // namespace anatomynet::pipeline
