#pragma once
#include <filesystem>
#include <string>

#include "study/study.h"
#include "study/study_table.h"

namespace anatomynet::cli {

/// A study file (TOML, docs/experiments.md).
struct StudyConfig {
  study::Study study;
  std::string data;  ///< data set named in the file, relative to it; empty: --data must name one
};

/// Throws Error(usage) naming file, line and key: what read_train_config refuses in the base configuration,
/// an unknown key, architecture or loss, two variants of one name, no variant, a reference that is none of
/// them.
StudyConfig read_study_config(const std::filesystem::path& path);

std::vector<study::TableRow> table_rows(const study::Study& study);

}  // namespace anatomynet::cli
