#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <anatomynet/model.hpp>
#include <anatomynet/volume.hpp>

namespace anatomynet {
inline namespace v0 {

struct ContourOptions {
  std::string organs;           ///< names or ids separated by commas; empty: all
  std::string post_processing;  ///< "default" (where empty), "none", "bridges", "pieces", "holes", "all"
  Progress progress;
};

/// A reason to look at a contour again: a code for programs, a line for people.
struct Reason {
  std::string code, text;
};

/// What is known of one organ's contour.
struct OrganResult {
  int organ_id = 0;
  std::int64_t voxels = 0;  ///< 0: not found
  double ml = 0;
  double score = 1;                     ///< 0 to 1, below 0.5 where there is a reason
  std::array<double, 3> centroid_mm{};  ///< LPS
  double mean_hu = 0;
  std::vector<Reason> reasons;  ///< worst first
};

/// What is known of a case's contours, beside the labels themselves.
struct Result {
  std::vector<OrganResult> organs;  ///< those that were asked for
  std::vector<Reason> reasons;      ///< of the CT as a whole
  double score = 1;                 ///< the least of all
  std::string quality_json;

  /// The organ of this id; nullptr where it was not asked for.
  const OrganResult* organ(int id) const {
    const auto it =
        std::find_if(organs.begin(), organs.end(), [id](const OrganResult& o) { return o.organ_id == id; });
    return it == organs.end() ? nullptr : &*it;
  }
};

namespace detail {

inline Result result_of(anatomynet_result* owned) {
  struct Close {
    void operator()(anatomynet_result* result) const { anatomynet_result_close(result); }
  };
  const std::unique_ptr<anatomynet_result, Close> from(owned);
  Result out;
  for (std::size_t i = 0; i < anatomynet_result_organ_count(owned); ++i) {
    anatomynet_organ_result organ{};
    organ.size = sizeof organ;
    check(anatomynet_result_organ(owned, i, &organ));
    OrganResult one{organ.organ_id, organ.voxels, organ.ml, organ.score, {}, organ.mean_hu, {}};
    std::copy(std::begin(organ.centroid_mm), std::end(organ.centroid_mm), one.centroid_mm.begin());
    for (std::size_t r = 0; r < organ.reason_count; ++r)
      one.reasons.push_back(
          {anatomynet_result_reason_code(owned, i, r), anatomynet_result_reason_text(owned, i, r)});
    out.organs.push_back(std::move(one));
  }
  for (std::size_t r = 0; r < anatomynet_result_case_reason_count(owned); ++r)
    out.reasons.push_back(
        {anatomynet_result_case_reason_code(owned, r), anatomynet_result_case_reason_text(owned, r)});
  out.score = anatomynet_result_score(owned);
  out.quality_json = anatomynet_result_quality_json(owned);
  return out;
}

inline anatomynet_contour_options to_c(const ContourOptions& how) {
  anatomynet_contour_options options{};
  options.size = sizeof options;
  options.organs = or_null(how.organs);
  options.post_processing = or_null(how.post_processing);
  return options;
}

}  // namespace detail

/// Contours a CT into `labels`, a value a voxel; the labels are those of `anatomynet segment`, bit for bit.
inline Result contour(const Model& model, const CtView& ct, const LabelView& labels,
                      const ContourOptions& how = {}) {
  anatomynet_contour_options options = detail::to_c(how);
  detail::Watcher watcher(how.progress);
  watcher.watch(options);
  const anatomynet_grid grid = detail::to_c(ct.grid);
  anatomynet_result* result = nullptr;
  watcher.check(
      anatomynet_contour(model.c(), ct.hu.data(), ct.hu.size(), &grid, labels.c(), &options, &result));
  return detail::result_of(result);
}

inline Result contour(const Model& model, const Ct& ct, const LabelView& labels,
                      const ContourOptions& how = {}) {
  anatomynet_contour_options options = detail::to_c(how);
  detail::Watcher watcher(how.progress);
  watcher.watch(options);
  anatomynet_result* result = nullptr;
  watcher.check(anatomynet_contour_ct(model.c(), ct.c(), labels.c(), &options, &result));
  return detail::result_of(result);
}

}  // namespace v0
}  // namespace anatomynet
