#include "pipeline/judge.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/chosen_organs.h"
#include "core/text.h"
#include "pipeline/cut_ends.h"
#include "pipeline/shape_placement.h"
#include "pipeline/stray_pieces.h"
#include "quality/reference.h"

namespace anatomynet::pipeline {
namespace {

std::string verdict(const std::vector<quality::Flag>& flags) {
  if (flags.empty()) return "ok";
  std::string text = "check: " + flags.front().text;
  if (flags.size() > 1) text += " (and " + std::to_string(flags.size() - 1) + " more)";
  return text;
}

// Columns of 18 and 10 characters, the second on the right, and the rest of the line.
std::string row(std::string first, const std::string& second, const std::string& rest) {
  const auto blanks = [](std::size_t width, std::size_t used) {
    return std::string(width > used ? width - used : 0, ' ');
  };
  first += blanks(18, first.size());
  return first + " " + blanks(10, second.size()) + second + "  " + rest + "\n";
}

constexpr double most_score = 0.49;  // organs with a flag are below 0.5

void flag_evidence(const std::vector<model::OrganEvidence>& evidence, quality::QualityReport& report) {
  for (quality::OrganQuality& q : report.organs)
    if (const model::OrganEvidence* e = model::find_evidence(evidence, q.organ);
        e && e->is_weak() && q.ml > 0) {
      q.flags.push_back({"weak-evidence", e->text() + "; check first"});
      q.score = std::min(q.score, most_score);
    }
}

void flag_shapes(const std::vector<PlacedShape>& shapes, quality::QualityReport& report) {
  for (const PlacedShape& shape : shapes)
    for (quality::OrganQuality& q : report.organs)
      if (const auto flag = flag_of(shape); flag && q.id == shape.id) {
        q.flags.insert(q.flags.begin(), *flag);
        q.score = std::min(q.score, most_score);
      }
}

// Where both agree less, one of them is far off: on 31 validation CTs the least of 62 glands is 0.67.
constexpr double least_agreement = 0.5;

void flag_redrawn(const std::vector<inference::Redrawn>& redrawn, quality::QualityReport& report) {
  for (const inference::Redrawn& r : redrawn) {
    if (!r.kept && r.agreement >= least_agreement) continue;
    char dice[16];
    std::snprintf(dice, sizeof dice, "%.2f", r.agreement);
    for (quality::OrganQuality& q : report.organs) {
      if (q.id != r.id) continue;
      q.flags.push_back(r.kept
                            ? quality::Flag{"not-redrawn",
                                            "the second network, which draws it on a finer grid, does not "
                                            "find it there; the first one's contour stays; check first"}
                            : quality::Flag{"redrawn-differently", "two networks draw it differently (Dice " +
                                                                       std::string(dice) + "); check first"});
      q.score = std::min(q.score, most_score);
    }
  }
}

void flag_ends(const std::vector<quality::PostProcessed>& changed, quality::QualityReport& report) {
  for (const quality::PostProcessed& p : changed)
    for (quality::OrganQuality& q : report.organs)
      if (q.id == p.id && p.ends && p.ends->refused) {
        q.flags.push_back({"ends-not-cut",
                           "its ends were not cut as the clinic's are: " + p.ends->stayed + "; check first"});
        q.score = std::min(q.score, most_score);
      }
}

// Contours are judged as the network made them: a clinic's ends are no fault of theirs, though they differ
// from other people's.
void take_flags(const quality::QualityReport& uncut, quality::QualityReport& report) {
  for (quality::OrganQuality& q : report.organs)
    for (const quality::OrganQuality& before : uncut.organs)
      if (before.id == q.id) {
        q.flags = before.flags;
        q.score = before.score;
      }
  report.flags = uncut.flags;
  report.case_score = uncut.case_score;
}

std::vector<std::string> warnings_of(const std::vector<PlacedShape>& shapes, const OrganTable& chosen) {
  std::vector<std::string> lines;
  for (const PlacedShape& shape : shapes)
    if (const auto flag = flag_of(shape); flag && !shape.refused.empty())
      if (const Organ* organ = find_organ(chosen, shape.id))
        lines.push_back(organ->name + " is " + flag->text);
  return lines;
}

}  // namespace

Judgement judge(const CtView& ct, const UnevenSlices* uneven, inference::Segmentation& result,
                const model::ModelInfo& model, const OrganTable& chosen, const std::string& postprocess) {
  const quality::PostProcessing what = quality::post_processing(postprocess);
  std::vector<quality::PostProcessed> strays;
  if (what.pieces) strays = drop_stray_pieces(model.organs, model.shape_priors, result.labels);
  std::vector<PlacedShape> shapes = find_shapes(ct, model.organs, model.shape_priors, result.labels);
  auto changed = quality::post_process(result.labels, model.organs, what);
  add_strays(strays, changed);
  draw_shapes(model.shape_priors, uneven, shapes, result.labels);
  for (const PlacedShape& shape : shapes)  // the network's confidence was of what it had drawn itself
    if (!shape.is_of_the_network())
      std::erase_if(result.confidence, [&](const OrganConfidence& c) { return c.id == shape.id; });
  const quality::Reference nothing;
  const quality::Reference& reference = model.phantom_only ? nothing : quality::shipped_reference();
  const auto assessed = [&] {
    return quality::assess(ct, result.labels, model.organs, result.confidence, reference, uneven);
  };
  Judgement judgement;
  judgement.report = assessed();
  if (!model.organ_ends.empty()) {
    cut_ends(result.labels, model.organs, model.organ_ends, uneven, changed);
    const quality::QualityReport uncut = std::exchange(judgement.report, assessed());
    take_flags(uncut, judgement.report);
  }
  flag_evidence(model.evidence, judgement.report);
  flag_shapes(shapes, judgement.report);
  flag_redrawn(result.redrawn, judgement.report);
  flag_ends(changed, judgement.report);
  judgement.report.keep(model.organs);
  judgement.warnings = warnings_of(shapes, chosen);
  if (chosen != model.organs) {
    keep_labels(result.labels, chosen);
    judgement.report.keep(chosen);
    std::erase_if(changed, [&](const auto& c) { return find_organ(chosen, c.id) == nullptr; });
  }
  judgement.json = quality::quality_json(judgement.report, reference, changed);
  return judgement;
}

std::string quality_table(const quality::QualityReport& report) {
  std::string text = row("organ", "ml", "quality");
  for (const quality::OrganQuality& q : report.organs) {
    char ml[48];
    std::snprintf(ml, sizeof ml, "%.2f", q.ml);
    text += row(q.organ, ml, verdict(q.flags));
  }
  if (!report.flags.empty()) text += row("whole CT", "", verdict(report.flags));
  return text;
}

std::string derived_table(const DerivedMasks& derived, const io::CtImage& ct) {
  std::string text;
  for (const DerivedMask& d : derived.masks) {
    if (!d.structure.written) continue;
    char ml[48];
    std::snprintf(ml, sizeof ml, "%.2f", ml_of(d, ct));
    text += row(d.structure.name, ml, (d.mask.empty() ? "empty: " : "") + clean_text(d.structure.text));
  }
  return text;
}

std::vector<std::string> checks_of(const quality::QualityReport& report) {
  std::vector<std::string> lines;
  for (const quality::OrganQuality& q : report.organs)
    for (const quality::Flag& flag : q.flags) lines.push_back(q.organ + ": " + flag.text);
  for (const quality::Flag& flag : report.flags) lines.push_back("whole CT: " + flag.text);
  return lines;
}

std::vector<report::OrganVerdict> verdicts_of(const quality::QualityReport& report) {
  std::vector<report::OrganVerdict> verdicts;
  for (const quality::OrganQuality& q : report.organs) {
    report::OrganVerdict verdict{q.id, q.score, {}};
    for (const quality::Flag& flag : q.flags) verdict.reasons.push_back({flag.code, flag.text});
    verdicts.push_back(verdict);
  }
  return verdicts;
}

}  // namespace anatomynet::pipeline
