#include "acceptance/anonymous.h"

#include <map>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "report/records/summary.h"

namespace anatomynet::acceptance {
namespace {

namespace fs = std::filesystem;

constexpr const char* told = "the messages of the run tell";

}  // namespace

void keep_texts_out(Acceptance& found, Messages& messages) {
  std::map<std::pair<std::string, std::string>, int> unmatched;
  for (ComparedCase& c : found.cases) {
    for (curation::RoiOutcome& roi : c.rois) {
      if (roi.organ.empty()) ++unmatched[{roi.name, roi.why}];
      const bool rejected = roi.why.starts_with("rejected");
      roi.name = roi.organ.empty() ? "(a name that is not kept)" : roi.organ;
      roi.why =
          roi.organ.empty() || rejected ? std::string(rejected ? "rejected; " : "") + told + " why" : "";
    }
    for (const curation::Note& note : c.notes)
      if (note.kind != curation::Note::Kind::info) messages.warning(c.name + ": " + note.text);
    c.notes.clear();
  }
  for (const auto& [roi, cases] : unmatched)
    messages.info("ROI '" + roi.first + "' (" + std::to_string(cases) + " cases): " + roi.second);
  for (FailedCase& failed : found.failed) failed.why = std::string("not compared; ") + told + " why";
  std::erase_if(found.notes, [](const curation::Note& n) { return n.kind == curation::Note::Kind::info; });
  if (!found.notes.empty()) {
    const std::string count = std::to_string(found.notes.size());
    found.notes = {{curation::Note::Kind::warning, count + " notes on the cohort; " + told + " them", {}}};
  }
}

void require_anonymous(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "key.csv", error))
    throw Error(ErrorKind::usage, folder.string() +
                                      ": holds the key.csv of a commissioning that is not anonymous; "
                                      "--anonymise needs another folder");
}

void require_same_cases(const Cohort& cohort, const fs::path& contours, const fs::path& before) {
  for (const curation::CaseRef& ref : cohort.cases()) {
    const auto now = report::read_summary(contours / ref.id / "summary.json"),
               then = report::read_summary(before / ref.id / "summary.json");
    if (now && then && now->input_id != then->input_id)
      throw Error(ErrorKind::usage, before.string() + ": " + ref.id +
                                        " is another case there; give the --case-key of that commissioning");
  }
}

}  // namespace anatomynet::acceptance
