#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/volume.h"
#include "model/model_file.h"
#include "report/records/summary.h"

namespace anatomynet::report {

/// Who the patient is, as UTF-8. Empty fields are left out.
struct CaseIdentity {
  std::string patient_name, patient_id, study_date, series_description;
  std::string source;  ///< what was read; paths tell names, too
};

/// What a plausibility check says of one organ.
struct OrganVerdict {
  struct Reason {
    std::string code, text;  ///< for programs; one line for people
  };
  int id = 0;
  std::optional<double> score;  ///< 0..1, higher is more plausible
  std::vector<Reason> reasons;  ///< to look again; none: nothing odd was found
};

/// What the page says beside what it draws.
struct SegmentationReport {
  std::optional<CaseIdentity> identity;   ///< none: the page holds nothing that tells the patient
  std::vector<OrganVerdict> verdicts;     ///< organs without one were not checked
  std::vector<double> ml{};               ///< by organ id; empty: counted in the label map
  std::vector<std::string> warnings;      ///< one line each; the caller keeps names and paths out of them
  std::vector<DerivedFigures> derived{};  ///< structures made of organs; masks on the labels' grid
  std::string engine, written;            ///< what computed; when, for people
  double network_seconds = 0, total_seconds = 0;
  double window_centre = 40, window_width = 400;  ///< HU
};

/// report.html: one page on which a segmentation is checked, that asks nothing of any network. For each organ
/// of the model three planes through it with contours, its volume and what is odd about it, or that it is
/// missing; the same of derived structures; all organs in three planes and in space, to be turned where
/// scripts run; what the weights file says of the model; versions and time. Planes as in preview.h:
/// radiological convention, oblique volumes along their nearest axes, pixels square in mm. Texts are shown as
/// text whatever they hold. Errors: Error(input) when the two grids differ.
std::string segmentation_page(const CtVolume& ct, const LabelVolume& labels, const model::Model& model,
                              const SegmentationReport& report);

}  // namespace anatomynet::report
