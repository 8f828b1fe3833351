#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "curation/curator.h"

namespace anatomynet::curation {

/// Makes the data set of the cases in `folder`/cases: finds the same patient or scan twice, drops by
/// resolve_overlaps, and links what stays into nnU-Net v2's layout: imagesTr, labelsTr (training and
/// validation), imagesTs, labelsTs (test), dataset.json (with "annotated", dataset_folder.h),
/// splits_final.json; and curation.json. `report` is what the run itself knows (sources, rejected cases).
CurationResult make_curated_set(const std::filesystem::path& folder, const std::string& report);

/// Joins the folders of shards into one and makes the data set anew. Throws Error(input) where a part is no
/// curated folder or holds a damaged case, or parts were made with different options; nothing is written
/// then.
CurationResult merge_curated(const std::vector<std::filesystem::path>& parts,
                             const std::filesystem::path& folder, bool anonymise = false);

}  // namespace anatomynet::curation
