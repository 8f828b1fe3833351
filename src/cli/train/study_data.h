#pragma once
#include "cli/train/training_data.h"
#include "study/study.h"

namespace anatomynet::cli {

/// A data set with the study's held-out cases apart, these with their truth at the CT's resolution where the
/// data set is a folder.
study::StudyData load_study_data(const study::Study& study, const std::filesystem::path& path,
                                 const Progress& progress);

}  // namespace anatomynet::cli
