#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acceptance/arrival.h"
#include "acceptance/cohort.h"
#include "curation/overlap.h"
#include "evaluation/metrics.h"
#include "quality/quality.h"

namespace anatomynet::acceptance {

/// One organ that both the clinic and the model have drawn in one case.
struct ComparedOrgan {
  std::string organ;
  evaluation::OrganMetrics metrics;
  std::optional<evaluation::OrganMetrics> before;  ///< of an earlier version's contours
  /// How far the model reaches beyond the clinic's upper and lower end, mm; negative: it ends before.
  std::optional<double> above_mm, below_mm;
  std::optional<double> shared_dice;  ///< Dice on the slices on which both have drawn it
  std::optional<double>
      other_side_dice;                   ///< of the model's organ of the other side with the clinic's contour
  Vec3 truth_centre{}, model_centre{};   ///< LPS mm; meaningless where one is empty
  std::vector<std::string> truth_flags;  ///< codes: what is odd about the clinic's contour on this CT
  std::vector<std::string> model_flags;  ///< the same of the model's
  std::string left_out;                  ///< why it is in no figure; empty: it is
};

/// One case, compared.
struct ComparedCase {
  std::string name;
  int patient = 0;  ///< number
  Grid grid;        ///< of the CT, axes nearest to L, P, S
  io::ScannerFacts scanner;
  Arrival arrival;  ///< what the contouring wrote of CT and contours
  std::vector<ComparedOrgan> organs;
  std::vector<std::string> not_drawn;  ///< organs of the clinic that the model does not know
  std::vector<curation::RoiOutcome> rois;
  std::vector<curation::Note> notes;
  curation::ScanDescriptor scan;
  std::optional<double> jump_mm;  ///< height (LPS) at which two slices do not fit each other
};

struct CompareOptions {
  std::filesystem::path contours,
      before;          ///< folder of the model's contours, a folder a case; before: may be empty
  bool judged = true;  ///< the clinic's contours are compared with those of people
};

/// Reads a case, its contours and those made of it, and measures. Throws Error(input) for a case that cannot
/// be used, with the reason.
ComparedCase compare_case(const Cohort& cohort, const curation::CaseRef& ref, const CompareOptions& options);

/// The model's contours of a case, axes nearest to L, P, S.
evaluation::Structures contours_of(const std::filesystem::path& folder, const std::string& name);

}  // namespace anatomynet::acceptance
