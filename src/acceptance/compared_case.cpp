#include "acceptance/compared_case.h"

#include <algorithm>
#include <cmath>

#include "acceptance/slice_jump.h"
#include "core/error.h"
#include "core/known_organs.h"
#include "quality/reference.h"

namespace anatomynet::acceptance {
namespace {

using evaluation::BoxedMask;

Vec3 centre_of(const BoxedMask& mask) {
  Vec3 sum{};
  std::size_t i = 0;
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y)
      for (std::int64_t x = 0; x < mask.size[0]; ++x)
        if (mask.voxels[i++]) {
          sum[0] += double(mask.low[0] + x);
          sum[1] += double(mask.low[1] + y);
          sum[2] += double(mask.low[2] + z);
        }
  for (double& s : sum) s /= double(std::max<std::int64_t>(1, mask.count));
  return mask.grid.to_world(sum);
}

struct Overlap {
  double both = 0, all = 0;  // all: voxels of the one and of the other
  std::optional<double> dice() const { return all > 0 ? std::optional(2 * both / all) : std::nullopt; }
};

// Over all slices, and over those on which both have a voxel.
std::pair<Overlap, Overlap> overlaps(const BoxedMask& a, const BoxedMask& b) {
  const LabelBox box = evaluation::box_around(a, b);
  const auto ours = evaluation::padded(a, box), theirs = evaluation::padded(b, box);
  const std::size_t slice = static_cast<std::size_t>((box.size[0] + 2) * (box.size[1] + 2));
  std::pair<Overlap, Overlap> out;
  for (std::size_t start = 0; start < ours.size(); start += slice) {
    double both = 0, one = 0, other = 0;
    for (std::size_t i = start; i < start + slice; ++i) {
      both += ours[i] & theirs[i];
      one += ours[i];
      other += theirs[i];
    }
    out.first.both += both;
    out.first.all += one + other;
    if (one == 0 || other == 0) continue;
    out.second.both += both;
    out.second.all += one + other;
  }
  return out;
}

// The masks' axes run nearest to L, P, S, so the third leads to the head.
void measure_ends(const BoxedMask& model, const BoxedMask& truth, ComparedOrgan& out) {
  const double mm = truth.grid.spacing[2];
  out.above_mm = double(model.low[2] + model.size[2] - truth.low[2] - truth.size[2]) * mm;
  out.below_mm = double(truth.low[2] - model.low[2]) * mm;
}

std::vector<std::string> codes_of(const quality::QualityReport& report, const std::string& organ) {
  std::vector<std::string> codes;
  for (const quality::OrganQuality& q : report.organs)
    if (q.organ == organ)
      for (const quality::Flag& flag : q.flags) codes.push_back(flag.code);
  return codes;
}

quality::QualityReport judge(const CtVolume& ct, const evaluation::Structures& truth) {
  OrganTable organs;
  LabelVolume labels(truth.grid);
  for (const Organ& organ : known_organs())
    if (const auto it = truth.organs.find(organ.name); it != truth.organs.end() && !it->second.empty()) {
      organs.push_back(organ);
      evaluation::paint(it->second, organ.id, labels);
    }
  return quality::assess(ct, labels, organs, {}, quality::shipped_reference());
}

evaluation::OrganMetrics measured(const BoxedMask& model, const BoxedMask& truth, const std::string& organ) {
  evaluation::MetricOptions how;
  how.tolerance_mm = evaluation::tolerance_of({}, organ);
  return evaluation::measure(model, truth, how);
}

ComparedOrgan compared(const std::string& organ, const BoxedMask& truth,
                       const evaluation::Structures& model) {
  ComparedOrgan out;
  out.organ = organ;
  const BoxedMask& ours = model.organs.at(organ);
  out.metrics = measured(ours, truth, organ);
  if (!truth.empty()) out.truth_centre = centre_of(truth);
  if (!ours.empty()) out.model_centre = centre_of(ours);
  if (truth.empty()) return out;
  if (!ours.empty()) {
    measure_ends(ours, truth, out);
    out.shared_dice = overlaps(ours, truth).second.dice();
  }
  const auto other = model.organs.find(quality::other_side(organ));
  if (other != model.organs.end() && other->first != organ && !other->second.empty())
    out.other_side_dice = overlaps(other->second, truth).first.dice();
  return out;
}

}  // namespace

evaluation::Structures contours_of(const std::filesystem::path& folder, const std::string& name) {
  evaluation::CaseFile file;
  file.id = name;
  file.path = folder / name;
  return evaluation::read_structures(file, {}, nullptr);
}

ComparedCase compare_case(const Cohort& cohort, const curation::CaseRef& ref, const CompareOptions& options) {
  LoadedContours loaded = cohort.load(ref);
  const evaluation::Structures model = contours_of(options.contours, ref.id);
  std::optional<evaluation::Structures> before;
  std::error_code error;
  if (!options.before.empty() && std::filesystem::is_directory(options.before / ref.id, error))
    before = contours_of(options.before, ref.id);
  ComparedCase out;
  out.name = ref.id;
  out.patient = ref.patient_number;
  out.grid = loaded.ct.grid;
  out.scanner = cohort.scanner_of(ref);
  out.arrival = read_arrival(options.contours / ref.id);
  out.rois = std::move(loaded.rois);
  out.notes = std::move(loaded.notes);
  out.scan = curation::describe_scan(loaded.ct);
  out.jump_mm = slice_jump(loaded.ct);
  quality::QualityReport judged;
  if (options.judged) judged = judge(loaded.ct, loaded.truth);
  for (const auto& [organ, truth] : loaded.truth.organs) {
    if (!model.organs.contains(organ)) {
      out.not_drawn.push_back(organ);
      continue;
    }
    ComparedOrgan one = compared(organ, truth, model);
    one.truth_flags = codes_of(judged, organ);
    if (const auto flags = out.arrival.flags.find(organ); flags != out.arrival.flags.end())
      one.model_flags = flags->second;
    if (before && before->organs.contains(organ))
      one.before = measured(before->organs.at(organ), truth, organ);
    out.organs.push_back(std::move(one));
  }
  return out;
}

}  // namespace anatomynet::acceptance
