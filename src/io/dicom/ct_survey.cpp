#include "io/dicom/ct_survey.h"

#include "core/error.h"
#include "io/dicom/internal/dicom_files.h"
#include "io/dicom/internal/slice_gaps.h"
#include "io/dicom/internal/slice_stack.h"

namespace anatomynet::io {
namespace {

std::vector<SliceBlock> blocks_of(const std::vector<double>& along) {
  std::vector<SliceBlock> blocks;
  for (const SliceRun& run : runs_of(along))
    blocks.push_back(
        {static_cast<std::int64_t>(run.first) + 1, static_cast<std::int64_t>(run.last) + 1, run.mm});
  return blocks;
}

void describe_stack(const SliceStack& stack, CtSurvey& survey) {
  survey.grid = stack.grid;
  survey.tilted = stack.tilted;
  survey.warnings.insert(survey.warnings.end(), stack.warnings.begin(), stack.warnings.end());
  if (stack.uneven) {
    survey.grid = stack.uneven->even();
    survey.blocks = blocks_of(stack.uneven->positions().mm);
  } else {
    survey.blocks = {{1, stack.grid.size[2], stack.grid.spacing[2]}};
  }
}

}  // namespace

CtSurvey survey_ct(const ArchivedCt& ct) {
  CtSurvey survey;
  survey.slices = static_cast<std::int64_t>(ct.files.size());
  survey.problem = ct.problem;
  if (survey.problem.empty() && !ct.damaged.empty())
    survey.problem = ct.damaged.front().file.string() + ": " + ct.damaged.front().reason;
  try {
    const CtSeries series = collect_ct_series(ct.files, ct.series_uid);
    survey.slices = static_cast<std::int64_t>(series.slices.size());
    survey.gantry_tilt = series.gantry_tilt;
    survey.warnings = series.warnings;
    survey.patient_position = read_source(series.slices.front().file).patient_position;
    std::vector<SlicePlane> planes;
    for (const SliceHeader& slice : series.slices) planes.push_back(slice.plane);
    try {
      describe_stack(stack_slices(planes), survey);
    } catch (const Error& error) {
      if (survey.problem.empty()) survey.problem = error.what();
      describe_stack(stack_slices(planes, true), survey);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    if (survey.problem.empty()) survey.problem = error.what();
  }
  return survey;
}

}  // namespace anatomynet::io
