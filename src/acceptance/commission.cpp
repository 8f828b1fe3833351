#include "acceptance/commission.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <mutex>
#include <new>
#include <set>

#include "acceptance/anonymous.h"
#include "acceptance/record.h"
#include "acceptance/worst_cases.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/parallel_for.h"
#include "core/sha256.h"
#include "model/shipped_models.h"
#include "pipeline/key_file.h"
#include "report/pages/acceptance_page.h"
#include "report/records/csv_log.h"

namespace anatomynet::acceptance {
namespace {

namespace fs = std::filesystem;

std::string reason_of(const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const Error& error) {
  return error.what();
} catch (const std::bad_alloc&) {
  return "not enough memory";
} catch (const std::exception& error) {
  return error.what() + std::string("; this is a fault of the program, please report it");
}

const CohortOptions& checked(const CommissionOptions& options) {
  if (options.cohort.anonymise) {
    require_anonymous(options.folder);
    pipeline::require_outside(options.cohort.case_key, options.folder);
  }
  return options.cohort;
}

fs::path weights_of(const CommissionOptions& options) {
  return options.contouring.model.empty() ? model::default_model() : fs::path(options.contouring.model);
}

class Commission {
 public:
  Commission(const CommissionOptions& options, const pipeline::EngineMaker& make, Messages& messages)
      : options_(options),
        messages_(messages),
        make_(make),
        criteria_(options.criteria.empty() ? shipped_criteria() : read_criteria(options.criteria)),
        model_(model::read_model(weights_of(options))),
        out_(options.folder),
        cohort_(checked(options), options.folder,
                [&messages](std::string_view stage, double share) { messages.progress(stage, share); }) {
    result_.model = &model_;
    result_.criteria = &criteria_;
    result_.form = cohort_.form();
    result_.found = cohort_.cases().size();
    result_.notes = cohort_.notes();
    result_.weights_sha256 = digest_of(weights_of(options)).sha256;
    for (const curation::Note& note : cohort_.notes())
      if (note.kind != curation::Note::Kind::info) messages.warning(note.text);
  }

  nlohmann::ordered_json run() {
    read_before();
    require_common_organ();
    cohort_.write_key();
    contour();
    if (anonymous() && !before_.empty()) require_same_cases(cohort_, contours(), before_);
    compare();
    if (anonymous()) keep_texts_out(result_, messages_);
    result_.findings =
        find_faults(cohort_.doubts(), result_.cases, criteria_.trained_on_of(model_.info.name));
    for (const Finding& finding : result_.findings) tell(finding);
    messages_.progress("judging the organs", 0);
    result_.organs = judge(result_.cases, model_.info, criteria_);
    nlohmann::ordered_json record = record_of(result_);
    const auto pictures = worst_pictures(cohort_, result_, contours(), options_.pictures, messages_);
    write(record, pictures);
    return record;
  }

 private:
  fs::path contours() const { return contours_folder(options_.folder); }
  bool anonymous() const { return options_.cohort.anonymise; }

  void contour() {
    pipeline::SegmentOptions how = options_.contouring;
    how.folder = contours().string();
    how.dicom.anonymise = anonymous();
    how.case_key = options_.cohort.case_key.string();
    const pipeline::BatchOutcome outcome = pipeline::contour_batch(cohort_.batch(), how, make_, messages_);
    messages_.info(std::to_string(outcome.cases) + " cases: " + std::to_string(outcome.done) +
                   " contoured, " + std::to_string(outcome.done_before) + " done before, " +
                   std::to_string(outcome.failed) + " failed");
    // Why a case was not contoured stands in the batch's table alone.
    std::ifstream table(outcome.table);
    std::string line;
    for (std::getline(table, line); std::getline(table, line);) {
      const CsvRow cells = csv_cells(line);
      if (cells.size() > 2 && cells[1] == "failed") failed_.emplace(cells[0], cells.back());
    }
  }

  void read_before() {
    if (options_.against.empty()) return;
    before_ = contours_folder(options_.against);
    std::vector<std::string> warnings;
    const std::vector<Arrival> earlier = find_arrivals(before_, warnings);
    if (earlier.empty())
      throw Error(ErrorKind::input,
                  options_.against.string() +
                      ": holds no contours; give the folder of an earlier commissioning of these "
                      "cases with --against");
    result_.before = earlier.front().model;
  }

  void compare() {
    const auto& refs = cohort_.cases();
    std::vector<ComparedCase> compared(refs.size());
    std::vector<std::exception_ptr> failures(refs.size());
    std::mutex telling;
    std::size_t done = 0;
    const CompareOptions how{contours(), before_, !model_.info.phantom_only};
    const auto one = [&](std::size_t i) {
      failures[i] = nullptr;
      try {
        compared[i] = compare_case(cohort_, refs[i], how);
      } catch (...) {
        failures[i] = std::current_exception();
      }
      const std::lock_guard lock(telling);
      ++done;
    };
    parallel_for(refs.size(), 0, [&](std::size_t i) {
      if (!failed_.contains(refs[i].id)) one(i);
    });
    for (std::size_t i = 0; i < refs.size(); ++i) {
      const std::string& name = refs[i].id;
      if (failures[i]) one(i);  // alone there may be memory enough
      if (!failures[i] && !failed_.contains(name)) {
        result_.cases.push_back(std::move(compared[i]));
        continue;
      }
      const std::string why = failures[i] ? reason_of(failures[i]) : failed_.at(name);
      result_.failed.push_back({name, why});
      if (failures[i]) messages_.error(name + ": " + why);
    }
    if (result_.cases.empty())
      throw Error(ErrorKind::input, "no case could be compared; the first: " + result_.failed.front().name +
                                        ": " + result_.failed.front().why);
  }

  // Before hours of contouring. Mostly the first case has one.
  void require_common_organ() const {
    std::set<std::string> drawn, known;
    for (const Organ& organ : model_.info.organs) known.insert(organ.name);
    std::size_t read = 0;
    for (const curation::CaseRef& ref : cohort_.cases()) {
      try {
        for (const auto& [organ, mask] : cohort_.load(ref).truth.organs) {
          if (known.contains(organ)) return;
          drawn.insert(organ);
        }
        ++read;
      } catch (const Error&) {  // told when it is compared
      } catch (const std::bad_alloc&) {
      }
    }
    if (read == 0) return;
    const auto listed = [](const std::set<std::string>& names) {
      std::string text;
      for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
      return text.empty() ? std::string("nothing that the name rules know") : text;
    };
    throw Error(ErrorKind::input, "model and cohort have no organ in common: the model draws " +
                                      listed(known) + "; the clinic's contours are " + listed(drawn) +
                                      "; further names of ROIs are given with --names");
  }

  void tell(const Finding& finding) const {
    std::string names;
    for (const std::string& name : finding.cases) names += (names.empty() ? "" : ", ") + name;
    messages_.warning(names + (finding.organ.empty() ? "" : ", " + finding.organ) + ": " + finding.text);
  }

  void write(const nlohmann::ordered_json& record, const std::vector<report::AcceptancePicture>& pictures) {
    messages_.progress("writing the page", 0);
    write_file_atomically(out_.stage("acceptance.html"), report::acceptance_page(record, pictures));
    write_file_atomically(out_.stage("commission.json"), json_text(record, 1) + "\n");
    write_file_atomically(out_.stage("cases.csv"), cases_csv(result_));
    out_.commit();
  }

  const CommissionOptions& options_;
  Messages& messages_;
  const pipeline::EngineMaker& make_;
  Criteria criteria_;
  model::Model model_;
  OutputFolder out_;  // keeps other runs out of the folder
  Cohort cohort_;
  Acceptance result_;
  fs::path before_;
  std::map<std::string, std::string> failed_;  // by case: why it was not contoured
};

}  // namespace

nlohmann::ordered_json commission(const CommissionOptions& options, const pipeline::EngineMaker& make,
                                  Messages& messages) {
  return Commission(options, make, messages).run();
}

}  // namespace anatomynet::acceptance
