#include "adaptation/held_out.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/argmax.h"
#include "evaluation/metrics.h"
#include "pipeline/cut_ends.h"
#include "pipeline/shape_landmarks.h"
#include "quality/postprocess.h"
#include "training/run/validation.h"

namespace anatomynet::adaptation {
namespace {

using json = nlohmann::ordered_json;

evaluation::BoxedMask mask_of(const LabelVolume& labels, std::optional<int> value) {
  if (value) return evaluation::boxed(labels, *value);
  evaluation::BoxedMask none;
  none.grid = labels.grid;
  return none;
}

ContourFigures figures_of(const evaluation::BoxedMask& found, const evaluation::BoxedMask& truth) {
  const evaluation::OrganMetrics m = evaluation::measure(found, truth, {});
  return {m.dice, m.hd95_mm, m.mean_surface_mm};
}

json to_json(const ContourFigures& f) {
  const auto or_null = [](const std::optional<double>& v) { return v ? json(*v) : json(nullptr); };
  return {{"dice", or_null(f.dice)},
          {"hd95_mm", or_null(f.hd95_mm)},
          {"mean_surface_mm", or_null(f.mean_surface_mm)}};
}

std::optional<double> number(const json& value) {
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

ContourFigures figures_from(const json& j) {
  return {number(j.at("dice")), number(j.at("hd95_mm")), number(j.at("mean_surface_mm"))};
}

void find_moved(const LabelVolume& before, const LabelVolume& after, const OrganTable& organs,
                const model::ShapePrior& prior, HeldOutCase& out) {
  const auto a = pipeline::find_landmarks(before, label_boxes(before), organs, prior.landmarks);
  const auto b = pipeline::find_landmarks(after, label_boxes(after), organs, prior.landmarks);
  if (!a.missing.empty() || !b.missing.empty()) return;
  for (std::size_t i = 0; i < prior.landmarks.size(); ++i)
    for (std::size_t k = 0; k < 3; ++k) out.moved[prior.organ][i][k] = b.points[i][k] - a.points[i][k];
}

}  // namespace

OrganTable as_classes(OrganTable organs) {
  for (std::size_t i = 0; i < organs.size(); ++i) organs[i].id = static_cast<int>(i) + 1;
  return organs;
}

std::optional<int> class_in(const OrganTable& organs, const std::string& name) {
  for (std::size_t i = 0; i < organs.size(); ++i)
    if (organs[i].name == name) return static_cast<int>(i) + 1;
  return std::nullopt;
}

bool is_annotated(const training::TrainingCase& c, int organ_class) {
  return c.annotated[organ_class].item<float>() > 0;
}

bool is_partial(const training::TrainingCase& c, int organ_class) {
  return std::find(c.partial_extent.begin(), c.partial_extent.end(),
                   static_cast<std::uint8_t>(organ_class)) != c.partial_extent.end();
}

std::vector<float> logits_of(const training::TrainingCase& c, const Contourer& with,
                             const MeasureOptions& how) {
  if (with.engine) {
    const torch::Tensor image =
        training::scale_hu(c.image, how.input.hu_low, how.input.hu_high).to(torch::kCPU).contiguous();
    return inference::all_logits(
        *with.engine, {image.data_ptr<float>(), static_cast<std::size_t>(image.numel())}, c.grid.size);
  }
  const torch::Tensor logits =
      training::whole_logits(*with.network, c, how.input, how.precision, torch::kCPU);
  return {logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()};
}

CaseContours contours_of(const training::TrainingCase& c, const CtVolume& ct, std::span<const float> logits,
                         const Contourer& with) {
  std::vector<std::uint8_t> classes;
  for (std::size_t i = 0; i <= with.organs.size(); ++i) classes.push_back(static_cast<std::uint8_t>(i));
  std::optional<HuScores> hu;
  if (!with.hu_curves.empty())
    hu.emplace(ct, Orientation{}, model::curves_of_channels(with.hu_curves, with.organs));
  StreamedArgmax argmax(c.grid, classes, c.truth.grid, nullptr, hu ? &*hu : nullptr);
  argmax.take(logits, 0, c.grid.size[2]);
  CaseContours out{as_classes(with.organs), argmax.finish(), {}, {}, {}};
  if (with.refiner) {
    out.first = out.uncut;
    Confidence none;
    out.redrawn = with.refiner->refine(ct, nullptr, out.uncut, none);
  }
  auto changed = quality::post_process(out.uncut, out.organs, quality::post_processing("default"));
  out.labels = out.uncut;
  pipeline::cut_ends(out.labels, out.organs, with.organ_ends, nullptr, changed);
  return out;
}

nlohmann::ordered_json to_json(const HeldOutCase& c) {
  json organs = json::array(), moved = json::object();
  for (const HeldOutOrgan& o : c.organs)
    organs.push_back({{"organ", o.organ},
                      {"compared", o.compared},
                      {"before", to_json(o.before)},
                      {"after", to_json(o.after)},
                      {"agreement", o.agreement ? json(*o.agreement) : json(nullptr)}});
  for (const auto& [organ, points] : c.moved)
    for (const auto& [index, by] : points) moved[organ][std::to_string(index)] = by;
  return {{"case", c.id}, {"organs", organs}, {"moved", moved}};
}

HeldOutCase held_out_from(const json& j) {
  HeldOutCase c;
  c.id = j.at("case").get<std::string>();
  for (const json& o : j.at("organs"))
    c.organs.push_back({o.at("organ").get<std::string>(), o.at("compared").get<bool>(),
                        figures_from(o.at("before")), figures_from(o.at("after")),
                        number(o.at("agreement"))});
  for (const auto& [organ, points] : j.at("moved").items())
    for (const auto& [index, by] : points.items()) c.moved[organ][std::stoul(index)] = by.get<Vec3>();
  return c;
}

HeldOutCase compare(const training::TrainingCase& c, const OrganTable& table, const CaseContours& before,
                    const CaseContours& after, const MeasureOptions& how) {
  HeldOutCase out;
  out.id = c.id;
  for (const model::ShapePrior& prior : how.priors)  // placed before ends are cut
    if (model::placing_of(prior) != model::ShapePlacing::between)
      find_moved(before.uncut, after.uncut, before.organs, prior, out);
  std::vector<std::string> names;
  for (const OrganTable* organs : {&after.organs, &before.organs})
    for (const Organ& organ : *organs)
      if (std::find(names.begin(), names.end(), organ.name) == names.end()) names.push_back(organ.name);
  for (const std::string& name : names) {
    if (std::find(how.left_out.begin(), how.left_out.end(), name) != how.left_out.end()) continue;
    HeldOutOrgan o;
    o.organ = name;
    const auto then = class_in(before.organs, name), now = class_in(after.organs, name);
    const evaluation::BoxedMask was = mask_of(before.labels, then), is = mask_of(after.labels, now);
    if (then && now) o.agreement = evaluation::measure(is, was, {}).dice;
    const auto local = class_in(table, name);
    if (local && is_annotated(c, *local)) {
      evaluation::BoxedMask truth = mask_of(c.truth, local);
      const bool partial = is_partial(c, *local);
      const auto within = [&](const evaluation::BoxedMask& mask) {
        return partial ? evaluation::within_slices_of(mask, truth) : mask;
      };
      o.before = figures_of(within(was), truth);
      o.after = figures_of(within(is), truth);
      o.compared = o.before.dice || o.after.dice;
      if (o.compared && !o.before.dice) o.before.dice = 1;  // rightly found nowhere
      if (o.compared && !o.after.dice) o.after.dice = 1;
    }
    out.organs.push_back(std::move(o));
  }
  return out;
}

HeldOutCase measure_held_out(const LocalCases& local, std::size_t i, const Contourer& before,
                             const Contourer& after, const MeasureOptions& how) {
  const training::TrainingCase c = training::loaded(local.cases[i]);
  const CtVolume ct = ct_of(local, i, c);
  return compare(c, local.organs, contours_of(c, ct, logits_of(c, before, how), before),
                 contours_of(c, ct, logits_of(c, after, how), after), how);
}

evaluation::Evaluation evaluation_of(const std::vector<HeldOutCase>& cases, bool after) {
  evaluation::Evaluation out;
  for (const HeldOutCase& c : cases) {
    out.cases.push_back(c.id);
    for (const HeldOutOrgan& o : c.organs) {
      if (!o.compared) continue;
      const ContourFigures& f = after ? o.after : o.before;
      evaluation::EvaluationRow row;
      row.case_id = c.id;
      row.organ = o.organ;
      row.metrics.presence = evaluation::Presence::both;
      row.metrics.dice = f.dice;
      row.metrics.hd95_mm = f.hd95_mm;
      row.metrics.mean_surface_mm = f.mean_surface_mm;
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

}  // namespace anatomynet::adaptation
