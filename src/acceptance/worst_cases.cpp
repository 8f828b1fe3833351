#include "acceptance/worst_cases.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <new>

#include "core/error.h"
#include "report/views/compared_pictures.h"

namespace anatomynet::acceptance {
namespace {

struct Wanted {
  const ComparedCase* in;
  const ComparedOrgan* organ;
};

std::vector<Wanted> worst_of(const std::vector<ComparedCase>& cases, const std::string& organ, int count) {
  std::vector<Wanted> rows;
  for (const ComparedCase& c : cases)
    for (const ComparedOrgan& one : c.organs)
      if (one.organ == organ && one.metrics.dice) rows.push_back({&c, &one});
  std::stable_sort(rows.begin(), rows.end(), [](const Wanted& a, const Wanted& b) {
    return *a.organ->metrics.dice < *b.organ->metrics.dice;
  });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  return rows;
}

std::string caption_of(const Wanted& row) {
  char text[64];
  std::snprintf(text, sizeof text, " Dice %.3f", *row.organ->metrics.dice);
  return row.in->name + text;
}

}  // namespace

std::vector<report::AcceptancePicture> worst_pictures(const Cohort& cohort, const Acceptance& acceptance,
                                                      const std::filesystem::path& contours, int count,
                                                      Messages& messages) {
  std::map<const ComparedCase*, std::vector<Wanted>> by_case;  // so that each is read once
  std::vector<Wanted> order;
  for (const OrganVerdict& verdict : acceptance.organs)
    for (const Wanted& row : worst_of(acceptance.cases, verdict.organ, count)) {
      by_case[row.in].push_back(row);
      order.push_back(row);
    }
  std::map<const ComparedOrgan*, std::string> drawn;
  for (const curation::CaseRef& ref : cohort.cases()) {
    const auto it =
        std::find_if(by_case.begin(), by_case.end(), [&](auto& one) { return one.first->name == ref.id; });
    if (it == by_case.end()) continue;
    messages.progress("drawing the worst cases", double(drawn.size()) / double(order.size()));
    try {
      const LoadedContours loaded = cohort.load(ref);
      const report::ComparedPictures pictures(loaded.ct, contours_of(contours, ref.id).organs,
                                              loaded.truth.organs);
      for (const Wanted& row : it->second) drawn[row.organ] = pictures.png(row.organ->organ, caption_of(row));
    } catch (const std::bad_alloc&) {
      messages.warning(ref.id + ": no picture: not enough memory");
    } catch (const Error& error) {
      messages.warning(ref.id + ": no picture: " + error.what());
    }
  }
  std::vector<report::AcceptancePicture> out;
  for (const Wanted& row : order)
    if (const auto it = drawn.find(row.organ); it != drawn.end())
      out.push_back({row.organ->organ, row.in->name, caption_of(row), row.organ->left_out, it->second});
  return out;
}

}  // namespace anatomynet::acceptance
