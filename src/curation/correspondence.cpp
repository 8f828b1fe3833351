#include "curation/correspondence.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace anatomynet::curation {
namespace {

Correspondence matched(std::size_t ct, MatchRule rule, const std::string& how) {
  Correspondence found;
  found.ct = ct;
  found.rule = rule;
  found.how = how;
  return found;
}

Correspondence unmatched(const std::string& why) {
  Correspondence found;
  found.how = why;
  return found;
}

std::string count_of(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

CtFinder::CtFinder(const std::vector<io::ArchivedCt>& cts) : cts_(cts) {
  for (std::size_t i = 0; i < cts.size(); ++i) {
    for (const std::string& uid : cts[i].sop_instance_uids) by_image_[uid].push_back(i);
    by_series_[cts[i].series_uid].push_back(i);
    if (!cts[i].frame_of_reference_uid.empty()) by_frame_[cts[i].frame_of_reference_uid].push_back(i);
  }
}

// Those of the same patient, where there are any; of these those of the same study, where there are any.
CtFinder::Found CtFinder::nearest(Found found, const io::StructureSet& set) const {
  const auto keep = [&](auto same) {
    Found kept;
    std::copy_if(found.begin(), found.end(), std::back_inserter(kept), same);
    if (!kept.empty()) found = kept;
  };
  keep([&](std::size_t i) { return cts_[i].patient_id == set.patient_id; });
  keep([&](std::size_t i) { return cts_[i].study_uid == set.study_uid; });
  return found;
}

std::optional<Correspondence> CtFinder::by_images(const io::StructureSet& set) const {
  std::map<std::size_t, std::size_t> hits;
  const std::set<std::string> images(set.referenced_images.begin(), set.referenced_images.end());
  for (const std::string& uid : images)
    if (const auto it = by_image_.find(uid); it != by_image_.end())
      for (const std::size_t i : it->second) ++hits[i];
  if (hits.empty()) return {};
  std::size_t most = 0;
  for (const auto& [i, n] : hits) most = std::max(most, n);
  Found best;
  for (const auto& [i, n] : hits)
    if (n == most) best.push_back(i);
  best = nearest(best, set);
  if (best.size() > 1)
    return unmatched("its images are in " + std::to_string(best.size()) + " CTs alike; remove the copies");
  Correspondence found = matched(best.front(), MatchRule::images,
                                 "ReferencedSOPInstanceUID, " + std::to_string(most) + " of " +
                                     std::to_string(images.size()) + " images");
  if (most < images.size())
    found.warnings.push_back(count_of(images.size() - most, "referenced image") + " of " +
                             std::to_string(images.size()) + " not in the CT");
  return found;
}

std::optional<Correspondence> CtFinder::by_series(const io::StructureSet& set) const {
  std::set<std::size_t> hits;
  for (const std::string& uid : set.referenced_series)
    if (const auto it = by_series_.find(uid); it != by_series_.end())
      hits.insert(it->second.begin(), it->second.end());
  if (hits.empty()) return {};
  const Found best = nearest({hits.begin(), hits.end()}, set);
  if (best.size() > 1)
    return unmatched("its referenced series are " + std::to_string(best.size()) +
                     " CTs; which one is not said");
  Correspondence found = matched(best.front(), MatchRule::series, "SeriesInstanceUID");
  if (!set.referenced_images.empty())
    found.warnings.push_back("none of its " + count_of(set.referenced_images.size(), "referenced image") +
                             " is in the CT; matched by the series");
  return found;
}

std::optional<Correspondence> CtFinder::by_frame(const io::StructureSet& set) const {
  std::set<std::size_t> hits;
  for (const std::string& uid : set.frame_of_reference_uids)
    if (const auto it = by_frame_.find(uid); it != by_frame_.end())
      for (const std::size_t i : it->second)
        if (cts_[i].patient_id == set.patient_id) hits.insert(i);
  if (hits.empty()) return {};
  const Found best = nearest({hits.begin(), hits.end()}, set);
  const std::size_t ct = *std::max_element(best.begin(), best.end(), [&](std::size_t a, std::size_t b) {
    return cts_[a].files.size() < cts_[b].files.size();
  });
  Correspondence found = matched(ct, MatchRule::frame_of_reference, "FrameOfReferenceUID");
  if (!set.referenced_images.empty() || !set.referenced_series.empty())
    found.warnings.push_back("drawn on another series of the CT's frame of reference");
  if (best.size() > 1)
    found.warnings.push_back(std::to_string(best.size()) +
                             " CTs share the frame of reference; the one of most slices (" +
                             std::to_string(cts_[ct].files.size()) + ") was taken");
  return found;
}

Correspondence CtFinder::by_position(const io::StructureSet& set) const {
  if (!set.referenced_images.empty() || !set.referenced_series.empty())
    return unmatched(
        "its CT is not there: none of " + count_of(set.referenced_images.size(), "referenced image") + ", " +
        count_of(set.referenced_series.size(), "series") + " and " +
        count_of(set.frame_of_reference_uids.size(), "frame") + " of reference belongs to a CT found");
  Found same;
  for (std::size_t i = 0; i < cts_.size(); ++i)
    if (cts_[i].patient_id == set.patient_id && (set.study_uid.empty() || cts_[i].study_uid == set.study_uid))
      same.push_back(i);
  if (same.empty())
    return unmatched(
        "its CT is not there: it refers to no image or series, and no CT of its patient and study was found");
  if (same.size() > 1)
    return unmatched("it refers to no image or series, and its patient and study have " +
                     std::to_string(same.size()) + " CTs");
  Correspondence found =
      matched(same.front(), MatchRule::position, "position (no references; the study's only CT)");
  found.warnings.emplace_back(
      "matched by position only: the set refers to no image, series or frame of a CT");
  return found;
}

Correspondence CtFinder::operator()(const io::StructureSet& set) const {
  std::optional<Correspondence> found = by_images(set);
  if (!found) found = by_series(set);
  if (!found) found = by_frame(set);
  if (!found) found = by_position(set);
  if (found->ct && cts_[*found->ct].patient_id != set.patient_id)
    found->warnings.emplace_back("its Patient ID (0010,0020) is not that of the CT");
  return *std::move(found);
}

bool goes_first(const io::StructureSet& a, MatchRule rule_a, const io::StructureSet& b, MatchRule rule_b) {
  if (rule_a != rule_b) return rule_a < rule_b;
  return std::tie(a.date, a.time, a.sop_instance_uid) > std::tie(b.date, b.time, b.sop_instance_uid);
}

}  // namespace anatomynet::curation
