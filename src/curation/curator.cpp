#include "curation/curator.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <sstream>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/parallel_for.h"
#include "core/room_left.h"
#include "core/text.h"
#include "curation/curated_case.h"
#include "curation/curated_set.h"
#include "curation/numbered_cases.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Job {
  std::size_t source;
  CaseRef ref;
};

class Progressing {
 public:
  Progressing(const Progress& progress, std::size_t all) : progress_(progress), all_(all) {}
  void done(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (!progress_) return;
    const double passed = seconds_now() - start_;
    const auto left = std::lround(passed / double(done_) * double(all_ - done_));
    char text[64];
    std::snprintf(text, sizeof text, "%zu of %zu cases, %ld:%02ld:%02ld left, ", done_, all_, left / 3600,
                  left / 60 % 60, left % 60);
    progress_(text + id, double(done_) / double(all_));
  }

 private:
  const Progress& progress_;
  std::size_t all_, done_ = 0;
  std::mutex mutex_;
  double start_ = seconds_now();
};

// `text` with "[file]" for every path below `root`: the longest text from there on that is a file or folder.
std::string without_paths(const std::string& text, const fs::path& root) {
  const std::string start = root.string();
  std::string out = text;
  for (std::size_t at = out.find(start); at != std::string::npos; at = out.find(start, at + 1)) {
    std::size_t length = out.size() - at;
    std::error_code error;
    while (length > start.size() && !fs::exists(out.substr(at, length), error)) --length;
    out.replace(at, length, "[file]");
  }
  return out;
}

class Curator {
 public:
  Curator(const Curation& curation, const fs::path& folder, const CurationRun& run)
      : curation_(curation), folder_(folder), run_(run), names_(RoiNames::shipped()) {
    for (const fs::path& file : curation.names) names_.add(file);
    options_ = curation::options_text(curation, names_);
  }

  // What is thrown is read by others than the key's keeper.
  CurationResult run() try { return made(); } catch (const Error& error) {
    throw Error(error.kind(), hidden(error.what()));
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::input, hidden(error.path1().string()) + ": " + error.code().message());
  }

 private:
  CurationResult made() {
    list_sources();
    tidy_folders_in(folder_ / "cases");
    std::vector<std::string> stale = folders_present();
    Progressing progressing(run_.progress, jobs_.size());
    parallel_for(jobs_.size(), run_.threads, [&](std::size_t i) {
      curate_one(jobs_[i]);
      progressing.done(curation::curated_id(jobs_[i].ref));
    });
    for (const Job* job : std::exchange(starved_, {})) curate_one(*job);  // alone there may be memory enough
    if (fatal_) std::rethrow_exception(fatal_);
    for (const Job* job : starved_)
      reject(*job, curation::curated_id(job->ref),
             "not enough memory, also with no other case beside it; use a machine with more");
    check_boxes();
    remove_stale(stale);
    CurationResult result = make_curated_set(folder_, report());
    result.resumed = resumed_;
    result.starved = starved_.size();
    return result;
  }

  void list_sources() {
    remember_patients();
    for (const SourceTable& table : curation_.sources) {
      SourceOptions options = table.options;
      options.fill_gaps = curation_.fill_gaps;
      options.accept_damaged = curation_.accept_damaged;
      sources_.push_back(make_source(table.kind, options));
      std::vector<Note> notes;
      std::vector<CaseRef> cases = sources_.back()->list(notes, run_.progress);
      found_.push_back(cases.size());
      number_cases(key_, table.options.name, *sources_.back(), cases);
      notes_.push_back(std::move(notes));
      for (CaseRef& ref : cases)
        if (run_.shard.has(curation::curated_id(ref))) jobs_.push_back({sources_.size() - 1, std::move(ref)});
    }
    std::map<std::string, int> seen;
    for (const Job& job : jobs_)
      if (seen[curation::curated_id(job.ref)]++ > 0)
        throw Error(ErrorKind::usage, "two cases are called " + curation::curated_id(job.ref) +
                                          "; give their sources different names");
  }

  // The numbers of an earlier run into the folder, so that cases keep their names when patients are added.
  void remember_patients() {
    std::error_code error;
    if (!fs::exists(folder_ / "curation.json", error)) return;
    try {
      const auto earlier = read_json<ordered_json>(folder_ / "curation.json");
      for (const auto& one : earlier.at("patients"))
        key_.remember(one.at("source"), one.at("number"), one.at("id"));
    } catch (const Error&) {  // none, or damaged: numbered anew
    } catch (const nlohmann::json::exception&) {
    }
  }

  std::string hidden(const std::string& text) const {
    if (!curation_.anonymise) return clean_text(key_.hide(text));
    std::string out = text;
    for (const SourceTable& table : curation_.sources) out = without_paths(out, table.options.path);
    return clean_text(key_.hide(out));
  }

  std::string hidden(const std::string& source, const Note& note) const {
    const int number = note.patient.empty() ? 0 : key_.number(source, note.patient);
    return (number > 0 ? "patient " + std::to_string(number) + ": " : "") + hidden(note.text);
  }

  // What is written of a case says nothing of who it is.
  void hide(LoadedCase& loaded) const {
    for (Note& note : loaded.notes) note.text = hidden(note.text);
    for (RoiOutcome& roi : loaded.rois) {
      roi.why = hidden(roi.why);
      roi.name = roi.organ.empty() ? hidden(roi.name) : clean_text(roi.name);  // a known name tells nobody
    }
    loaded.correspondence = hidden(loaded.correspondence);
    for (fs::path& file : loaded.ref.files) file = key_.hide(file.filename().string());
    if (curation_.anonymise) loaded.ref.files.clear();
  }

  std::vector<std::string> folders_present() const {
    std::vector<std::string> out;
    std::error_code error;
    for (fs::directory_iterator it(folder_ / "cases", error), end; !error && it != end; it.increment(error))
      if (std::error_code none; fs::exists(it->path() / "case.json", none))
        out.push_back(it->path().filename().string());
    return out;
  }

  void check_boxes() {
    if (!run_.shard.whole()) return;  // another shard may have the case
    std::size_t line = 0;
    for (const auto& entry : curation_.boxes) {
      const std::string& id = entry.first;
      const auto has_id = [&](const Job& job) { return job.ref.id == id || job.ref.patient == id; };
      if (++line; std::none_of(jobs_.begin(), jobs_.end(), has_id))
        notes_.front().push_back({Note::Kind::warning, "a crop box, the " + std::to_string(line) +
                                                           ". by id, names no case or patient"});
    }
  }

  // Cases of an earlier run that this one does not have would stay in the set.
  void remove_stale(std::vector<std::string>& present) const {
    for (const std::string& id : present) {
      const bool ours = std::any_of(jobs_.begin(), jobs_.end(),
                                    [&](const Job& job) { return curation::curated_id(job.ref) == id; });
      const bool failed = rejected_ids_.contains(id);
      std::error_code ignored;
      if (!ours || failed) fs::remove_all(folder_ / "cases" / id, ignored);
    }
  }

  void curate_one(const Job& job) {
    const std::string id = curation::curated_id(job.ref);
    const fs::path folder = folder_ / "cases" / id;
    try {
      {
        const std::lock_guard lock(mutex_);
        if (fatal_) return;
      }
      const std::string key = curation::case_key(job.ref, options_);
      if (curation::is_finished(folder, key)) {
        const std::lock_guard lock(mutex_);
        ++resumed_;
        return;
      }
      LoadedCase loaded = sources_[job.source]->load(job.ref, names_);
      hide(loaded);
      try {
        curation::write_case(folder, loaded, curation_, names_, key, run_);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::input) keep_rois(id, loaded);
        throw;
      }
    } catch (const Error& error) {
      const bool ends_the_run = error.kind() == ErrorKind::output && !room_left(folder_);
      const std::lock_guard lock(mutex_);
      if (ends_the_run)
        fatal_ = std::current_exception();
      else if (error.kind() == ErrorKind::memory)
        starved_.push_back(&job);
      else
        reject(job, id, error.what());
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex_);
      starved_.push_back(&job);
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      reject(job, id, error.what());
    } catch (...) {
      const std::lock_guard lock(mutex_);
      reject(job, id, "an unknown fault of the program; please report it");
    }
  }

  void keep_rois(const std::string& id, const LoadedCase& loaded) {
    const std::lock_guard lock(mutex_);
    ordered_json& rois = rois_of_rejected_[id];
    for (const RoiOutcome& roi : loaded.rois)
      rois.push_back({{"name", roi.name}, {"organ", roi.organ}, {"why", roi.why}});
  }

  void reject(const Job& job, const std::string& id, const std::string& why) {
    rejected_ids_.insert(
        {id,
         {{"id", id}, {"source", job.ref.source}, {"why", hidden(why)}, {"rois", rois_of_rejected_[id]}}});
  }

  std::string report() const {
    ordered_json sources = ordered_json::array(), rejected = ordered_json::array();
    for (std::size_t i = 0; i < curation_.sources.size(); ++i) {
      const SourceTable& table = curation_.sources[i];
      ordered_json notes = ordered_json::array();
      for (const Note& note : notes_[i])
        notes.push_back({{"kind", note.kind == Note::Kind::dropped   ? "dropped"
                                  : note.kind == Note::Kind::warning ? "warning"
                                                                     : "info"},
                         {"text", hidden(table.options.name, note)}});
      ordered_json s{{"name", table.options.name},
                     {"kind", table.kind},
                     {"path", curation_.anonymise ? std::string() : table.options.path.string()},
                     {"found", found_[i]}};
      s["expected"] = table.expect ? ordered_json(*table.expect) : ordered_json();
      s["notes"] = notes;
      sources.push_back(s);
    }
    for (const auto& [id, entry] : rejected_ids_) rejected.push_back(entry);
    ordered_json patients = ordered_json::array();
    for (const PatientKey::Patient& one : key_.patients())
      patients.push_back({{"source", one.source},
                          {"number", one.number},
                          {"id", one.who.id},
                          {"aliases", one.who.aliases},
                          {"names", one.who.names}});
    auto options = parse_json<ordered_json>(options_, "options", ErrorKind::internal);
    if (curation_.anonymise) options.erase("boxes");  // by patient
    ordered_json organs = ordered_json::array();
    for (const Organ& organ : names_.organs()) organs.push_back(organ.name);
    return json_text(ordered_json{{"name", curation_.name},
                                  {"attribution", curation_.attribution},
                                  {"options", options},
                                  {"anonymise", curation_.anonymise},
                                  {"patients", patients},
                                  {"within_split", curation_.within_split},
                                  {"shard", {run_.shard.index + 1, run_.shard.count}},
                                  {"organ_table", organs},
                                  {"sources", sources},
                                  {"rejected", rejected}});
  }

  const Curation& curation_;
  fs::path folder_;
  const CurationRun& run_;
  RoiNames names_;
  std::string options_;
  PatientKey key_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::size_t> found_;
  std::vector<std::vector<Note>> notes_;
  std::vector<Job> jobs_;
  std::mutex mutex_;
  std::exception_ptr fatal_;
  std::vector<const Job*> starved_;  // of memory
  std::map<std::string, ordered_json> rejected_ids_, rois_of_rejected_;
  std::size_t resumed_ = 0;
};

}  // namespace

CurationResult curate(const Curation& curation, const fs::path& folder, const CurationRun& run) {
  if (curation.sources.empty()) throw Error(ErrorKind::usage, "no source given; name at least one");
  OutputFolder probe(folder);  // an unwritable folder is known before the work
  return Curator(curation, folder, run).run();
}

std::map<std::string, VoxelBox> read_boxes(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw Error(ErrorKind::usage, file.string() + ": cannot be opened; expected a CSV of crop boxes");
  std::map<std::string, VoxelBox> boxes;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (number == 1 && line.starts_with("id,"))) continue;
    std::istringstream cells(line);
    std::string id, cell;
    std::getline(cells, id, ',');
    std::vector<std::int64_t> v;
    bool good = !id.empty();
    while (std::getline(cells, cell, ',')) {
      std::int64_t n = -1;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), n);
      good = good && error == std::errc() && end == cell.data() + cell.size() && n >= 0;
      v.push_back(n);
    }
    if (!good || v.size() != 6 || v[0] > v[1] || v[2] > v[3] || v[4] > v[5])
      throw Error(ErrorKind::usage,
                  file.string() + ":" + std::to_string(number) +
                      ": is no box; expected id,x0,x1,y0,y1,z0,z1 in voxels, first at most last");
    if (!boxes.emplace(id, VoxelBox{{v[0], v[2], v[4]}, {v[1], v[3], v[5]}}).second)
      throw Error(ErrorKind::usage,
                  file.string() + ":" + std::to_string(number) + ": a second box for " + id);
  }
  return boxes;
}

}  // namespace anatomynet::curation
