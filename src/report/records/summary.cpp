#include "report/records/summary.h"

#include <algorithm>
#include <array>

#include "core/json.h"
#include "core/json_text.h"
#include "core/label_boxes.h"
#include "core/text.h"
#include "core/version.h"

namespace anatomynet::report {

namespace {

// Around all labels: most of a volume is background.
LabelBox box_of_all(const LabelVolume& labels) {
  Size3 low = labels.grid.size, end{};
  for (const LabelBox& box : label_boxes(labels)) {
    if (box.empty()) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], box.low[k]);
      end[k] = std::max(end[k], box.low[k] + box.size[k]);
    }
  }
  LabelBox all;
  for (std::size_t k = 0; k < 3; ++k)
    if (end[k] > 0) all.low[k] = low[k], all.size[k] = end[k] - low[k];
  return all;
}

}  // namespace

std::vector<OrganFigures> measure(const LabelVolume& labels, const OrganTable& organs,
                                  const UnevenSlices* uneven) {
  struct Sum {
    std::int64_t count = 0;
    double weight = 0;  // in voxels of the grid
    std::array<double, 3> index{};
  };
  std::array<Sum, 256> sums{};
  const Grid& g = labels.grid;
  const LabelBox box = box_of_all(labels);
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z) {
    const double weight = uneven ? uneven->thickness(z) / g.spacing[2] : 1;
    const double at =
        uneven ? uneven->positions().mm_of(double(uneven->slice_of(z))) / g.spacing[2] : double(z);
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x) {
        const std::uint8_t id = labels.at(x, y, z);
        if (id == 0) continue;
        Sum& s = sums[id];
        ++s.count;
        s.weight += weight;
        s.index[0] += weight * double(x);
        s.index[1] += weight * double(y);
        s.index[2] += weight * at;
      }
  }
  std::vector<OrganFigures> figures;
  for (const Organ& organ : organs) {
    const Sum& s = sums[static_cast<std::size_t>(organ.id)];
    OrganFigures f{organ.id, organ.name, s.count, s.weight * g.voxel_ml(), {}};
    if (s.count > 0) {
      const double n = s.weight;
      f.centroid = g.to_world({s.index[0] / n, s.index[1] / n, s.index[2] / n});
    }
    figures.push_back(f);
  }
  return figures;
}

std::optional<EarlierRun> read_summary(const std::filesystem::path& file) try {
  using json = nlohmann::json;
  const json summary = read_json(file);
  EarlierRun run;
  run.input = summary.at("input");
  run.input_id = summary.value("input_id", "");
  run.total_seconds = summary.at("seconds").at("total");
  run.warnings = summary.at("warnings");
  run.checks = summary.value("check", run.checks);
  const auto figures = [](const json& list) {
    std::vector<OrganFigures> out;
    for (const json& organ : list) {
      OrganFigures f;
      f.name = organ.at("name");
      f.voxels = organ.at("voxels");
      f.ml = organ.at("ml");
      out.push_back(f);
    }
    return out;
  };
  run.organs = figures(summary.at("organs"));
  if (summary.contains("derived")) run.derived = figures(summary.at("derived"));
  return run;
} catch (const nlohmann::json::exception&) {
  return {};
} catch (const Error&) {  // absent, or damaged: the case is not done
  return {};
}

std::string summary_json(const LabelVolume& labels, const model::Model& model, const RunFacts& facts) {
  using json = nlohmann::ordered_json;
  json organs = json::array();
  for (const OrganFigures& f : measure(labels, model.info.organs, facts.uneven)) {
    json organ = {{"id", f.id}, {"name", f.name}, {"voxels", f.voxels}, {"ml", f.ml}};
    organ["centroid_lps_mm"] = f.voxels > 0 ? json(f.centroid) : json(nullptr);
    organs.push_back(organ);
  }
  const Grid& g = labels.grid;
  json summary = {{"program", std::string("anatomynet ") + version()},
                  {"notice", "Not a medical device: review and correct every contour before any use."},
                  {"input", clean_text(facts.source)},
                  {"warnings", facts.warnings},
                  {"warning_codes", facts.warning_codes},
                  {"check", facts.checks},
                  {"model",
                   {{"id", model.id},
                    {"weights", model.weights_id},
                    {"architecture", model.info.architecture},
                    {"phantom_only", model.info.phantom_only},
                    {"training_data", model.info.training_data},
                    {"attribution", model.info.attribution}}},
                  {"organs", organs},
                  {"grid",
                   {{"size_xyz", g.size},
                    {"spacing_xyz_mm", g.spacing},
                    {"origin_lps_mm", g.origin},
                    {"direction", g.direction}}},
                  {"network_grid",
                   {{"size_xyz", facts.network_grid.size}, {"spacing_xyz_mm", facts.network_grid.spacing}}},
                  {"engine", facts.engine},
                  {"instructions", facts.instructions},
                  {"seconds",
                   {{"network", facts.network_seconds},
                    {"segmentation", facts.segment_seconds},
                    {"total", facts.total_seconds}}},
                  {"peak_memory_mb", double(facts.peak_bytes) / 1e6}};
  if (!facts.template_sha256.empty())
    summary["template"] = {{"file", clean_text(facts.template_file)}, {"sha256", facts.template_sha256}};
  if (facts.uneven)
    summary["uneven_slices"] = {
        {"count", facts.uneven->count()},
        {"positions_mm", facts.uneven->positions().mm},
        {"note",
         "the CT's slices, mm along the grid's third axis from its first; the grid is even, "
         "and each of its slices shows the labels of the nearest CT slice"}};
  for (const DerivedFigures& f : facts.derived)
    summary["derived"].push_back(
        {{"name", f.organ.name}, {"is", f.expression}, {"voxels", f.mask->count}, {"ml", f.ml}});
  for (const auto& [key, text] : facts.scanner)
    if (!text.empty()) summary["scanner"][key] = clean_text(text, longest_value);
  if (!facts.input_id.empty()) summary["input_id"] = facts.input_id;
  return json_text(summary, 2) + "\n";
}

}  // namespace anatomynet::report
