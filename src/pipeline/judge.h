#pragma once
#include <string>
#include <vector>

#include "core/volume_view.h"
#include "inference/segmenter.h"
#include "model/model_file.h"
#include "pipeline/derived_structures.h"
#include "quality/postprocess.h"
#include "quality/quality.h"
#include "report/pages/segmentation_page.h"

namespace anatomynet::pipeline {

/// What is said about contours that were just made.
struct Judgement {
  quality::QualityReport report;
  std::string json;  ///< quality.json
  std::vector<std::string>
      warnings;  ///< organs with a shape prior that are not drawn, and why; one line each
};

/// Post-processes the labels, draws the organs that have a shape prior, cuts the ends that the weights know
/// (cut_ends.h) and judges the result, all with every organ of the model; then keeps those of `chosen` alone.
/// What is drawn by shape is flagged "by-shape", what cannot be placed "not-placed". `uneven`: the CT's
/// slices where they lie unevenly; `ct` is then on their even grid. Contours of a model that knows synthetic
/// patients only are not compared with those of people.
Judgement judge(const CtView& ct, const UnevenSlices* uneven, inference::Segmentation& result,
                const model::ModelInfo& model, const OrganTable& chosen, const std::string& postprocess);

/// A table for people, one line an organ: name, ml, "ok" or "check" with the reasons; then a line for the
/// whole case where something is odd about it.
std::string quality_table(const quality::QualityReport& report);

/// The same for derived structures, with what they are made of; empty where there are none.
std::string derived_table(const DerivedMasks& derived, const io::CtImage& ct);

/// The flags, one line each: "Parotid_L: 8.1 ml; ...", those of the whole CT last.
std::vector<std::string> checks_of(const quality::QualityReport& report);

/// The same as the report page takes it.
std::vector<report::OrganVerdict> verdicts_of(const quality::QualityReport& report);

}  // namespace anatomynet::pipeline
