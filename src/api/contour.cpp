#include <algorithm>
#include <vector>

#include "api/guard.h"
#include "api/handles.h"
#include "core/chosen_organs.h"
#include "core/cpus.h"
#include "quality/postprocess.h"

namespace anatomynet::api {
namespace {

struct Asked {
  OrganTable organs;
  std::string post_processing;
  Progress progress;
};

// Everything that can be wrong with the options is found before the work.
Asked asked_of(const anatomynet_model& model, const anatomynet_contour_options* given) {
  const auto options = options_of(given, "anatomynet_contour_options");
  Asked asked{chosen_organs(model.info.organs, text_or(options.organs, "all"), "model " + model.info.name),
              text_or(options.post_processing, "default"), progress_of(options)};
  quality::post_processing(asked.post_processing);
  return asked;
}

void copy_labels(const std::vector<std::uint8_t>& from, const anatomynet_labels& to) {
  if (to.type == ANATOMYNET_UINT8)
    std::copy(from.begin(), from.end(), static_cast<std::uint8_t*>(to.voxels));
  else
    std::copy(from.begin(), from.end(), static_cast<std::uint16_t*>(to.voxels));
}

void contour(anatomynet_model& model, const CtView& ct, const io::UnevenCt* uneven,
             const anatomynet_labels& labels, const Asked& asked, anatomynet_result** result) {
  auto made = std::make_unique<anatomynet_result>();
  const std::lock_guard lock(model.one_at_a_time);
  asked.progress("Waiting for the model", 1);
  const CpuShare share(model.threads);
  start_openmp_threads(model.threads);
  inference::Segmentation done = uneven
                                     ? model.segmenter->run(uneven->on_slices, uneven->slices, asked.progress)
                                     : model.segmenter->run(ct, asked.progress);
  asked.progress("Checking the contours", 0);
  made->judgement = pipeline::judge(ct, uneven ? &uneven->slices : nullptr, done, model.info, asked.organs,
                                    asked.post_processing);
  copy_labels(done.labels.voxels, labels);
  if (result) *result = made.release();
}

const quality::Flag* reason(const anatomynet_result* result, size_t organ, size_t index) {
  if (!result || organ >= result->judgement.report.organs.size()) return nullptr;
  const auto& flags = result->judgement.report.organs[organ].flags;
  return index < flags.size() ? &flags[index] : nullptr;
}

const quality::Flag* case_reason(const anatomynet_result* result, size_t index) {
  return result && index < result->judgement.report.flags.size() ? &result->judgement.report.flags[index]
                                                                 : nullptr;
}

const char* code_of(const quality::Flag* flag) { return flag ? flag->code.c_str() : ""; }
const char* text_of(const quality::Flag* flag) { return flag ? flag->text.c_str() : ""; }

}  // namespace
}  // namespace anatomynet::api

using namespace anatomynet;
using namespace anatomynet::api;

anatomynet_status anatomynet_contour(anatomynet_model* model, const int16_t* hu, size_t count,
                                     const anatomynet_grid* given, const anatomynet_labels* labels,
                                     const anatomynet_contour_options* options, anatomynet_result** result) {
  if (result) *result = nullptr;
  return guarded([&] {
    require(model, "model");
    require(hu, "hu");
    require(given, "grid");
    const Grid grid = grid_of(*given);
    if (count != static_cast<std::size_t>(grid.voxel_count()))
      refuse("count is " + std::to_string(count) + " voxels; the grid has " +
             std::to_string(grid.voxel_count()));
    check_labels(labels, grid);
    const Asked asked = asked_of(*model, options);
    std::span<const std::int16_t> voxels(hu, count);
    const auto [low, high] = std::minmax_element(voxels.begin(), voxels.end());
    io::require_hu(*low, *high, "the CT");
    std::vector<std::int16_t> raised;
    if (*low < io::lowest_hu) {
      raised.assign(voxels.begin(), voxels.end());
      for (std::int16_t& v : raised) v = std::max(v, io::lowest_hu);
      voxels = raised;
    }
    contour(*model, {grid, voxels}, nullptr, *labels, asked, result);
  });
}

anatomynet_status anatomynet_contour_ct(anatomynet_model* model, const anatomynet_ct* ct,
                                        const anatomynet_labels* labels,
                                        const anatomynet_contour_options* options,
                                        anatomynet_result** result) {
  if (result) *result = nullptr;
  return guarded([&] {
    require(model, "model");
    require(ct, "ct");
    check_labels(labels, ct->image.volume.grid);
    const Asked asked = asked_of(*model, options);
    contour(*model, ct->image.volume, ct->image.uneven ? &*ct->image.uneven : nullptr, *labels, asked,
            result);
  });
}

void anatomynet_result_close(anatomynet_result* result) { delete result; }

size_t anatomynet_result_organ_count(const anatomynet_result* result) {
  return result ? result->judgement.report.organs.size() : 0;
}

anatomynet_status anatomynet_result_organ(const anatomynet_result* result, size_t index,
                                          anatomynet_organ_result* organ) {
  return guarded([&] {
    require(result, "result");
    require_index(index, result->judgement.report.organs.size(), "organ");
    const quality::OrganQuality& from = result->judgement.report.organs[index];
    anatomynet_organ_result out{};
    out.voxels = from.voxels;
    out.ml = from.voxels > 0 ? from.ml : 0;
    out.score = from.score;
    std::copy(from.centroid.begin(), from.centroid.end(), out.centroid_mm);
    out.mean_hu = from.mean_hu;
    out.reason_count = from.flags.size();
    out.organ_id = from.id;
    give(organ, out, "anatomynet_organ_result");
  });
}

const char* anatomynet_result_reason_code(const anatomynet_result* result, size_t organ, size_t index) {
  return code_of(reason(result, organ, index));
}
const char* anatomynet_result_reason_text(const anatomynet_result* result, size_t organ, size_t index) {
  return text_of(reason(result, organ, index));
}
size_t anatomynet_result_case_reason_count(const anatomynet_result* result) {
  return result ? result->judgement.report.flags.size() : 0;
}
const char* anatomynet_result_case_reason_code(const anatomynet_result* result, size_t index) {
  return code_of(case_reason(result, index));
}
const char* anatomynet_result_case_reason_text(const anatomynet_result* result, size_t index) {
  return text_of(case_reason(result, index));
}
double anatomynet_result_score(const anatomynet_result* result) {
  return result ? result->judgement.report.score : std::numeric_limits<double>::quiet_NaN();
}
const char* anatomynet_result_quality_json(const anatomynet_result* result) {
  return result ? result->judgement.json.c_str() : "";
}
