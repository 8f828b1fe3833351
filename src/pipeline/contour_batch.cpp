#include "pipeline/contour_batch.h"

#include <algorithm>
#include <cstdio>
#include <future>
#include <new>
#include <optional>
#include <system_error>

#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/output.h"
#include "core/sha256.h"
#include "pipeline/batch_cases.h"
#include "pipeline/batch_done.h"
#include "pipeline/batch_shards.h"
#include "pipeline/case_key.h"
#include "report/records/csv_log.h"
#include "report/records/summary.h"

namespace anatomynet::pipeline {
namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string all;
  for (std::size_t i = 0; i < texts.size(); ++i) all += (i ? between : "") + texts[i];
  return all;
}

// What was read ahead: a CT, or what is wrong with it.
struct ReadAhead {
  io::CtImage ct;
  double seconds = 0;
  std::exception_ptr failure;
};

ReadAhead read_ahead(const BatchCase& c) {
  ReadAhead r;
  const double start = seconds_now();
  try {
    r.ct = c.read();
  } catch (...) {
    r.failure = std::current_exception();
  }
  r.seconds = seconds_now() - start;
  return r;
}

// Whatever goes wrong with a case, as the line of its row.
std::string reason_of(const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const Error& error) {
  return with_final_paths(error.what());
} catch (const std::bad_alloc&) {
  return "out of memory";
} catch (const std::exception& error) {
  return first_line(error.what()) + "; this is a fault of the program, please report it";
} catch (...) {
  return "an unknown fault of the program; please report it";
}

// Beside the network, in a thread of its own with half of the CPUs; on one CPU, or where the system gives no
// thread, when its result is asked for.
template <class Work>
auto in_background(Work work) {
  const int half = usable_cpus() / 2;
  if (half == 0) return std::async(std::launch::deferred, work);
  const auto within_its_share = [work, half] {
    const CpuShare share(half);
    return work();
  };
  try {
    return std::async(std::launch::async, within_its_share);
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, work);
  }
}

using CaseFinder = std::function<std::vector<BatchCase>(std::vector<Warning>& warnings)>;

class Batch {
 public:
  // The model is read before the cases are looked for: what is wrong with it is known at once.
  Batch(const CaseFinder& find, const SegmentOptions& options, const EngineMaker& make, Messages& messages)
      : options_(options),
        messages_(messages),
        folder_(options.folder),
        contourer_(options, make, messages),
        cases_(find(left_out_)),
        path_(options.shard.whole() ? folder_ / "summary.csv" : shard_table(folder_, options.shard)),
        table_(path_, columns()) {
    hold();  // an unwritable folder is known at once, and so is another run's
    std::erase_if(cases_, [&](const BatchCase& c) { return !options_.shard.has(c.name); });
    for (const Warning& warning : left_out_) messages_.warning(with_files(warning));
    if (options_.dicom.anonymise) anonymise();
    if (held_) held_->commit();
    tidy_folders_in(folder_);
  }

  BatchOutcome run() {
    const std::vector<std::size_t> todo = what_is_left();
    started_ = seconds_now();
    left_ = todo.size();
    std::future<ReadAhead> next;
    const auto begin = [&](std::size_t i) {
      if (i < todo.size()) next = in_background([&c = cases_[todo[i]]] { return read_ahead(c); });
    };
    begin(0);
    for (std::size_t i = 0; i < todo.size(); ++i) {
      ReadAhead read = next.get();
      begin(i + 1);
      contour(cases_[todo[i]], std::move(read));
    }
    finish_writing();
    return {cases_.size(), done_, earlier_, failed_, path_};
  }

 private:
  void hold() {
    if (!options_.shard.whole()) {
      shard_held_.emplace(folder_, options_.shard);
      return;
    }
    held_.emplace(folder_);
    require_no_shard_runs(folder_);
  }

  void anonymise() {
    anonymise_names(cases_, options_.case_key, folder_);
    if (options_.case_key.empty())
      messages_.warning(
          "no file keeps which case is which patient; to keep it, name one with --case-key FILE");
  }

  report::CsvLog::Row columns() const {
    report::CsvLog::Row row{"case", "status", "input", "seconds"};
    for (const Organ& organ : contourer_.known_organs()) row.push_back(organ.name + "_ml");
    for (const templates::DerivedStructure& d : contourer_.structure_template().derived())
      if (d.written) row.push_back(d.name + "_ml");
    row.insert(row.end(), {"check", "warnings", "error"});
    return row;
  }

  // A digest, since it stays in the output: paths and UIDs are not for everybody.
  std::string key_of(const BatchCase& c) const {
    Sha256 hash;
    hash.add_field(options_.settings);
    hash.add_field(c.identity);
    if (const std::string organs = contourer_.selection(); !organs.empty()) hash.add_field(organs);
    return hash.hex();
  }

  bool done_before(const BatchCase& c) const {
    return is_done(folder_ / c.name, c.name, {contourer_.model().id, key_of(c)}, messages_) &&
           report::read_summary(folder_ / c.name / "summary.json");
  }

  // The cases that are not done; the table keeps or gets a line for each that is.
  std::vector<std::size_t> what_is_left() {
    std::vector<std::size_t> todo;
    std::map<std::string, const BatchCase*> done;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (!options_.again && done_before(cases_[i])) {
        done[cases_[i].name] = &cases_[i];
      } else {
        todo.push_back(i);
      }
    }
    earlier_ = done.size();
    const auto kept =
        table_.resume([&](const report::CsvLog::Row& row) { return row[1] == "done" && done.count(row[0]); });
    for (const auto& row : kept) done.erase(row[0]);
    for (const auto& [name, c] : done) table_.append(row_of(*c));
    return todo;
  }

  report::CsvLog::Row row_of(const BatchCase& c) const {
    const auto run = report::read_summary(folder_ / c.name / "summary.json");
    if (!run)
      throw Error(ErrorKind::output, (folder_ / c.name / "summary.json").string() + ": cannot be read back");
    report::CsvLog::Row row{c.name, "done", run->input, fixed(run->total_seconds, 1)};
    const auto add_ml = [&](const std::vector<report::OrganFigures>& all, const std::string& name) {
      const auto f = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
      row.push_back(f != all.end() && f->voxels > 0 ? fixed(f->ml, 2) : "");
    };
    for (const Organ& organ : contourer_.known_organs()) add_ml(run->organs, organ.name);
    for (const templates::DerivedStructure& d : contourer_.structure_template().derived())
      if (d.written) add_ml(run->derived, d.name);
    for (const auto* texts : {&run->checks, &run->warnings}) row.push_back(joined(*texts, " | "));
    row.push_back("");
    return row;
  }

  void contour(const BatchCase& c, ReadAhead read) {
    auto made = std::make_shared<ContouredCase>();
    try {
      if (read.failure) std::rethrow_exception(read.failure);
      const double start = seconds_now();
      made->ct = std::move(read.ct);
      made->dicom.emplace(contourer_.dicom_of(made->ct));
      made->batch_key = key_of(c);
      made->read_from = c.path;
      if (options_.dicom.anonymise) made->input_id = input_id_of(c);
      contourer_.contour(*made, progress());
      made->total_seconds = read.seconds + seconds_now() - start;
    } catch (...) {
      return failed(c, reason_of(std::current_exception()));
    }
    finish_writing();  // of the case before; what is wrong with it is told as its own
    written_ = &c;
    written_warnings_.clear();
    for (const Warning& warning : made->ct.warnings) written_warnings_.push_back(with_files(warning));
    written_warnings_.insert(written_warnings_.end(), made->judgement.warnings.begin(),
                             made->judgement.warnings.end());
    written_warnings_.insert(written_warnings_.end(), made->derived.warnings.begin(),
                             made->derived.warnings.end());
    const auto write = [this, made, &c] {
      OutputFolder out(folder_ / c.name);
      keep_changed_files(out, folder_ / c.name);
      contourer_.write(out, *made);
    };
    // No network runs beside the last one.
    writing_ = left_ == 1 ? std::async(std::launch::deferred, write) : in_background(write);
  }

  void finish_writing() {
    if (!writing_.valid()) return;
    const BatchCase& c = *written_;
    report::CsvLog::Row row;
    try {
      writing_.get();
      row = row_of(c);
    } catch (...) {
      const std::string why = reason_of(std::current_exception());
      failed(c, why);
      return require_room(folder_, c.name + ": " + why);
    }
    table_.append(row);
    ++done_;
    --left_;
    for (const std::string& warning : written_warnings_) messages_.warning(c.name + ": " + warning);
    messages_.info(c.name + ": " + row[3] + " s" + time_left());
  }

  void failed(const BatchCase& c, const std::string& why) {
    report::CsvLog::Row row{c.name, "failed"};
    row.resize(columns().size());
    row.back() = options_.dicom.anonymise ? "not contoured; the message of the run says where and why" : why;
    table_.append(row);
    ++failed_;
    --left_;
    messages_.error(c.name + ": " + why);
  }

  std::string time_left() const {
    const std::size_t past = done_ + failed_;
    if (left_ == 0 || past == 0) return "";
    const auto minutes =
        static_cast<int>((seconds_now() - started_) / double(past) * double(left_) / 60 + 0.5);
    char text[96];
    std::snprintf(text, sizeof text, ", %zu of %zu to go, %d:%02d h left", left_, cases_.size(), minutes / 60,
                  minutes % 60);
    return text;
  }

  Progress progress() {
    return [this](std::string_view stage, double share) {
      const double past = double(done_ + failed_), all = past + double(left_);
      messages_.progress(std::to_string(done_ + failed_ + earlier_ + 1) + "/" +
                             std::to_string(cases_.size()) + time_left() + ": " + std::string(stage),
                         std::min(1.0, (past + share) / std::max(all, 1.0)));
    };
  }

  const SegmentOptions& options_;
  Messages& messages_;
  fs::path folder_;
  CaseContourer contourer_;
  std::vector<Warning> left_out_;  // before cases_, which fill it
  std::vector<BatchCase> cases_;
  fs::path path_;  ///< of the table
  report::CsvLog table_;
  std::optional<OutputFolder> held_;  ///< keeps other runs out of the folder as long as this one works
  std::optional<ShardLock> shard_held_;
  std::size_t earlier_ = 0, done_ = 0, failed_ = 0, left_ = 0;
  double started_ = 0;
  const BatchCase* written_ = nullptr;
  std::vector<std::string> written_warnings_;
  std::future<void> writing_;  // last: its task is waited for before what it uses goes
};

}  // namespace

BatchOutcome contour_batch(const SegmentOptions& options, const EngineMaker& make, Messages& messages) {
  const auto find = [&](std::vector<Warning>& warnings) {
    return batch_cases(
        options.input, options.match, options.reading, warnings,
        [&messages](std::string_view stage, double share) { messages.progress(stage, share); });
  };
  return Batch(find, options, make, messages).run();
}

BatchOutcome contour_batch(const std::vector<BatchCase>& cases, const SegmentOptions& options,
                           const EngineMaker& make, Messages& messages) {
  return Batch([&](std::vector<Warning>&) { return cases; }, options, make, messages).run();
}

}  // namespace anatomynet::pipeline
