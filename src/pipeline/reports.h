#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/output.h"
#include "io/ct_image.h"
#include "model/model_file.h"
#include "report/pages/segmentation_page.h"

namespace anatomynet::pipeline {

/// What is written for people beside the contours.
struct ReportOptions {
  std::string mesh;       ///< stl, obj or none (empty)
  bool pictures = false;  ///< one picture an organ
};

/// The identity as the page shows it, decoded from the CT's own character set.
report::CaseIdentity identity_of(const io::CtImage& ct);

/// report.html, on request meshes/<organ>.<kind> and pictures/<organ>.png, as tasks, of a label map on the
/// CT's grid; what an earlier run left under these names goes. Organs without a voxel have no mesh and no
/// picture, which is said in a message. All that is referred to must outlive the tasks.
void add_reports(std::vector<std::function<void()>>& tasks, OutputFolder& out, const io::CtImage& ct,
                 const LabelVolume& labels, const model::Model& model, const ReportOptions& options,
                 const report::SegmentationReport& report, Messages& messages);

}  // namespace anatomynet::pipeline
