#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::quality {

/// A CT with expert contours of some organs; what the table does not list is unknown, and not in the labels.
struct Case {
  std::string id;
  std::string scan;  ///< the same for all contours of one scan
  CtVolume ct;
  LabelVolume labels;
  OrganTable organs;
};

/// Cord and oesophagus: contours end where the field or the plan does, so their size says nothing.
bool is_open_ended(const std::string& organ);

/// Cord, larynx and oesophagus: clinics contour as much of them as they need, from 2 to 71 ml of a larynx.
bool has_any_size(const std::string& organ);

/// `folder` holds cases.csv and <split>/<id>_ct.nii.gz, <id>_labels.nii.gz: the organs that cases.csv calls
/// usable; and from <id>_more.nii.gz those of cases_more.csv (whole larynges, cord and oesophagus). With
/// `observers`, also <id>_labels_dm.nii.gz, _dmrad and _pddca, each with its <id>_more_..., as cases of their
/// own, with every organ that occurs in them and does not touch the volume's end. `split`: "train" or
/// "validation".
std::vector<Case> openkbp_cases(const std::filesystem::path& folder, const std::string& split,
                                bool observers);

/// The oncologist's contours at about 1 mm (<id>_labels_dm_native.nii.gz), the CT interpolated to their grid.
std::vector<Case> native_cases(const std::filesystem::path& folder, const std::string& split);

/// A CT and a label map; with every organ that occurs.
Case case_of(const std::filesystem::path& ct, const std::filesystem::path& labels);

}  // namespace anatomynet::quality
