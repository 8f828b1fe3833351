#include "curation/overlap.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "core/parallel_for.h"
#include "curation/overlap_match.h"

namespace anatomynet::curation {

const double same_scan_similarity = 0.88;

namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// 0522cNNNN wherever it stands in the text: RTOG 0522 patients, whom several public sets share.
std::set<std::string> trial_ids(const std::string& text) {
  std::set<std::string> out;
  const std::string t = lower(text);
  for (auto at = t.find("0522c"); at != std::string::npos; at = t.find("0522c", at + 1)) {
    std::size_t end = at + 5;
    while (end < t.size() && digit(t[end])) ++end;
    if (end == at + 9 && (at == 0 || !digit(t[at - 1]))) out.insert(t.substr(at, 9));
  }
  return out;
}

// What a case is known by, each with the words that tell a user.
std::map<std::string, std::string> names_of(const CaseRef& ref) {
  std::map<std::string, std::string> out;
  std::vector<std::string> texts{ref.id, ref.patient};
  texts.insert(texts.end(), ref.aliases.begin(), ref.aliases.end());
  for (const auto& text : texts)
    for (const auto& id : trial_ids(text)) out.emplace("1 " + id, "the same RTOG 0522 patient");
  for (const auto& alias : ref.aliases)
    if (!alias.empty()) out.emplace("2 " + lower(alias), "the same patient ID");
  if (!ref.patient.empty()) {
    // "1" or "pt_1" names different people in different sources.
    out.emplace("3 " + ref.source + '\n' + lower(ref.patient), "the same patient ID");
    if (ref.patient.size() >= 8) out.emplace("2 " + lower(ref.patient), "the same patient ID");
  }
  for (const auto& uid : ref.dicom_uids)
    if (!uid.empty()) out.emplace("4 " + uid, "DICOM UID " + uid);
  return out;
}

std::optional<std::string> shared_name(const std::map<std::string, std::string>& a,
                                       const std::map<std::string, std::string>& b) {
  for (const auto& [key, how] : a)
    if (b.contains(key)) return how;
  return std::nullopt;
}

std::optional<std::string> shared_image(const MatchableScan& a, const MatchableScan& b) {
  if (a.descriptor().content == b.descriptor().content) return "identical voxels";
  const double alike = similarity(a, b);
  if (alike < same_scan_similarity) return std::nullopt;
  char text[40];
  std::snprintf(text, sizeof text, "image content (%.2f)", alike);
  return text;
}

int rank(Split split) { return split == Split::test ? 0 : split == Split::validation ? 1 : 2; }

}  // namespace

std::vector<Overlap> find_overlaps(const std::vector<OverlapInput>& cases) {
  std::vector<std::map<std::string, std::string>> names;
  for (const auto& c : cases) names.push_back(names_of(c.ref));
  std::vector<std::optional<MatchableScan>> scans(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (!cases[i].scan.values.empty()) scans[i].emplace(cases[i].scan);

  std::vector<std::vector<Overlap>> found(
      cases.size());  // by first case: the order does not depend on threads
  parallel_for(cases.size(), 0, [&](std::size_t a) {
    for (std::size_t b = a + 1; b < cases.size(); ++b)
      if (const auto how = shared_name(names[a], names[b]))
        found[a].push_back({a, b, *how});
      else if (scans[a] && scans[b])
        if (const auto seen = shared_image(*scans[a], *scans[b])) found[a].push_back({a, b, *seen});
  });
  std::vector<Overlap> out;
  for (auto& part : found) out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::vector<Leak> resolve_overlaps(const std::vector<OverlapInput>& cases,
                                   const std::vector<Overlap>& overlaps, bool within_split) {
  std::vector<std::size_t> group(cases.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (group[i] != i) i = group[i] = group[group[i]];
    return i;
  };
  for (const auto& o : overlaps) group[root(o.a)] = root(o.b);

  std::map<std::size_t, std::size_t> kept;  // by root: the case that stays
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto [entry, fresh] = kept.emplace(root(i), i);
    if (!fresh && rank(cases[i].ref.split) < rank(cases[entry->second].ref.split)) entry->second = i;
  }
  std::vector<Leak> out;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::size_t stays = kept.at(root(i));
    const CaseRef &one = cases[i].ref, &other = cases[stays].ref;
    const bool same_split = one.split == other.split;
    // A collection that gives a patient several scans, or a scan several observers, means it.
    const bool meant =
        same_split && one.source == other.source && !one.patient.empty() && one.patient == other.patient;
    if (i == stays || meant || (!within_split && same_split)) continue;
    std::string how;
    for (const auto& o : overlaps) {
      if ((o.a == i && o.b == stays) || (o.b == i && o.a == stays)) {
        how = o.how;
        break;
      }
      if (how.empty() && (o.a == i || o.b == i)) {
        const CaseRef& link = cases[o.a == i ? o.b : o.a].ref;
        how = o.how + ", through " + link.source + " " + link.id;
      }
    }
    out.push_back({i, stays, how});
  }
  return out;
}

}  // namespace anatomynet::curation
