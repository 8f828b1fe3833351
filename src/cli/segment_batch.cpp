#include "cli/segment_batch.h"

#include <chrono>
#include <cstdio>
#include <future>
#include <new>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "cli/batch_cases.h"
#include "cli/progress_bar.h"
#include "core/error.h"
#include "report/csv_log.h"
#include "report/summary.h"

namespace anatomynet::cli {
namespace {

namespace fs = std::filesystem;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What was read ahead: a CT, or what is wrong with it.
struct ReadAhead {
  CtImage ct;
  double seconds = 0;
  std::exception_ptr failure;
};

ReadAhead read_ahead(const BatchCase& c) {
  ReadAhead r;
  const double start = seconds();
  try {
    r.ct = c.read();
  } catch (...) {
    r.failure = std::current_exception();
  }
  r.seconds = seconds() - start;
  return r;
}

class Batch {
 public:
  explicit Batch(const SegmentOptions& options)
      : options_(options),
        folder_(options.folder),
        contourer_(options),
        cases_(batch_cases(options.input, options.match, bar_.callback())),
        table_(folder_ / "summary.csv", columns()) {
    OutputFolder(folder_).commit();  // an unwritable folder is known at once
  }

  void go() {
    const std::vector<std::size_t> todo = what_is_left();
    started_ = seconds();
    left_ = todo.size();
    std::future<ReadAhead> next;
    const auto begin = [&](std::size_t i) {
      if (i < todo.size()) next = std::async(std::launch::async, read_ahead, std::cref(cases_[todo[i]]));
    };
    begin(0);
    for (std::size_t i = 0; i < todo.size(); ++i) {
      ReadAhead read = next.get();
      begin(i + 1);
      contour(cases_[todo[i]], std::move(read));
    }
    finish_writing();
    tell_end();
  }

 private:
  CsvLog::Row columns() const {
    CsvLog::Row row{"case", "status", "input", "seconds"};
    for (const Organ& organ : contourer_.model().info.organs) row.push_back(organ.name + "_ml");
    row.insert(row.end(), {"check", "warnings", "error"});
    return row;
  }

  std::string key_of(const BatchCase& c) const { return options_.settings + "; " + c.identity; }

  std::optional<EarlierRun> done_before(const BatchCase& c) const {
    auto run = read_summary(folder_ / c.name / "summary.json");
    if (run && (run->model_id != contourer_.model().id || run->batch_key != key_of(c))) run.reset();
    return run;
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
        table_.go_on([&](const CsvLog::Row& row) { return row[1] == "done" && done.count(row[0]); });
    for (const auto& row : kept) done.erase(row[0]);
    for (const auto& [name, c] : done) table_.append(row_of(*c));
    return todo;
  }

  CsvLog::Row row_of(const BatchCase& c) const {
    const auto run = read_summary(folder_ / c.name / "summary.json");
    if (!run)
      throw Error(ErrorKind::output, (folder_ / c.name / "summary.json").string() + ": cannot be read back");
    CsvLog::Row row{c.name, "done", run->input, fmt::format("{:.1f}", run->total_seconds)};
    for (const OrganFigures& f : run->organs) row.push_back(f.voxels > 0 ? fmt::format("{:.2f}", f.ml) : "");
    for (const auto* texts : {&run->checks, &run->warnings})
      row.push_back(fmt::format("{}", fmt::join(*texts, " | ")));
    row.push_back("");
    return row;
  }

  void contour(const BatchCase& c, ReadAhead read) try {
    if (read.failure) std::rethrow_exception(read.failure);
    const double start = seconds();
    auto made = std::make_shared<ContouredCase>();
    made->ct = std::move(read.ct);
    made->dicom.emplace(options_.dicom, made->ct, contourer_.model().info.organs);
    made->batch_key = key_of(c);
    contourer_.contour(*made, progress());
    made->total_seconds = read.seconds + seconds() - start;
    finish_writing();
    written_ = &c;
    written_warnings_ = made->ct.warnings;
    writing_ = std::async(std::launch::async, [this, made, &c] {
      OutputFolder out(folder_ / c.name);
      contourer_.write(out, *made);
    });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::output) throw;
    failed(c, error.what());
  } catch (const std::bad_alloc&) {
    failed(c, "out of memory");
  }

  void finish_writing() {
    if (!writing_.valid()) return;
    const BatchCase& c = *written_;
    try {
      writing_.get();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::output) throw;
      return failed(c, error.what());
    }
    const CsvLog::Row row = row_of(c);
    table_.append(row);
    ++done_;
    --left_;
    for (const Warning& warning : written_warnings_) spdlog::warn("{}: {}", c.name, with_files(warning));
    spdlog::info("{}: {} s{}", c.name, row[3], time_left());
  }

  void failed(const BatchCase& c, const std::string& why) {
    CsvLog::Row row{c.name, "failed"};
    row.resize(columns().size());
    row.back() = why;
    table_.append(row);
    ++failed_;
    --left_;
    spdlog::error("{}: {}", c.name, why);
  }

  std::string time_left() const {
    const std::size_t past = done_ + failed_;
    if (left_ == 0 || past == 0) return "";
    const auto minutes = static_cast<int>((seconds() - started_) / double(past) * double(left_) / 60 + 0.5);
    return fmt::format(", {} of {} to go, {}:{:02} h left", left_, cases_.size(), minutes / 60, minutes % 60);
  }

  Progress progress() {
    return [this, inner = bar_.callback()](std::string_view stage, double share) {
      const double past = double(done_ + failed_), all = past + double(left_);
      inner(fmt::format("{}/{}{}: {}", done_ + failed_ + earlier_ + 1, cases_.size(), time_left(), stage),
            std::min(1.0, (past + share) / std::max(all, 1.0)));
    };
  }

  void tell_end() const {
    std::printf("%zu cases: %zu done, %zu done before, %zu failed; %s\n", cases_.size(), done_, earlier_,
                failed_, (folder_ / "summary.csv").c_str());
    if (failed_ > 0)
      throw Error(ErrorKind::partly,
                  "segment: " + std::to_string(failed_) + " of " + std::to_string(cases_.size()) +
                      " cases failed; see the column error of " + (folder_ / "summary.csv").string());
  }

  const SegmentOptions& options_;
  fs::path folder_;
  ProgressBar bar_;
  CaseContourer contourer_;
  std::vector<BatchCase> cases_;
  CsvLog table_;
  std::size_t earlier_ = 0, done_ = 0, failed_ = 0, left_ = 0;
  double started_ = 0;
  const BatchCase* written_ = nullptr;
  std::vector<Warning> written_warnings_;
  std::future<void> writing_;  // last: its task is waited for before what it uses goes
};

}  // namespace

void segment_batch(const SegmentOptions& options) { Batch(options).go(); }

}  // namespace anatomynet::cli
