#include "pipeline/judge.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "core/chosen_organs.h"
#include "quality/reference.h"

namespace anatomynet::cli {
namespace {

std::string verdict(const std::vector<quality::Flag>& flags) {
  if (flags.empty()) return "ok";
  std::string text = "check: " + flags.front().text;
  if (flags.size() > 1) text += " (and " + std::to_string(flags.size() - 1) + " more)";
  return text;
}

}  // namespace

void add_postprocess_option(CLI::App& app, std::string& name) {
  app.add_option("--postprocess", name,
                 "pieces: drop small and far pieces of an organ; holes: fill small holes; all: both; none; "
                 "default: what helped on validation cases; quality.json says what was changed")
      ->check(CLI::IsMember(quality::post_processing_names()))
      ->capture_default_str();
}

Judgement judge(const CtImage& ct, Segmentation& result, const ModelInfo& model, const OrganTable& chosen,
                const std::string& postprocess) {
  auto changed = quality::post_process(result.labels, model.organs, quality::post_processing(postprocess));
  const quality::Reference nothing;
  const quality::Reference& reference = model.phantom_only ? nothing : quality::shipped_reference();
  Judgement judgement;
  judgement.report = quality::assess(ct.volume, result.labels, model.organs, result.confidence, reference,
                                     ct.uneven ? &ct.uneven->slices : nullptr);
  if (chosen != model.organs) {
    keep_labels(result.labels, chosen);
    judgement.report.keep(chosen);
    std::erase_if(changed, [&](const auto& c) { return find_organ(chosen, c.id) == nullptr; });
  }
  judgement.json = quality::quality_json(judgement.report, reference, changed);
  return judgement;
}

void print_quality(const quality::QualityReport& report) {
  std::printf("%-18s %10s  %s\n", "organ", "ml", "quality");
  for (const quality::OrganQuality& q : report.organs)
    std::printf("%-18s %10.2f  %s\n", q.organ.c_str(), q.ml, verdict(q.flags).c_str());
  if (!report.flags.empty()) std::printf("%-18s %10s  %s\n", "whole CT", "", verdict(report.flags).c_str());
}

std::vector<std::string> checks_of(const quality::QualityReport& report) {
  std::vector<std::string> lines;
  for (const quality::OrganQuality& q : report.organs)
    for (const quality::Flag& flag : q.flags) lines.push_back(q.organ + ": " + flag.text);
  for (const quality::Flag& flag : report.flags) lines.push_back("whole CT: " + flag.text);
  return lines;
}

std::vector<OrganVerdict> verdicts_of(const quality::QualityReport& report) {
  std::vector<OrganVerdict> verdicts;
  for (const quality::OrganQuality& q : report.organs) {
    OrganVerdict verdict{q.id, q.score, {}};
    for (const quality::Flag& flag : q.flags) verdict.reasons.push_back({flag.code, flag.text});
    verdicts.push_back(verdict);
  }
  return verdicts;
}

}  // namespace anatomynet::cli
