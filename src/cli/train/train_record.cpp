#include "cli/train/train_record.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>

#include "core/clock.h"
#include "core/output.h"
#include "core/version.h"

namespace anatomynet::cli {
namespace {

constexpr std::size_t most_pictures = 3;  // validation cases, the first ones
constexpr int picture_size = 420;         // pixels
constexpr auto nothing = std::numeric_limits<double>::quiet_NaN();

report::CsvLog::Row validation_columns(const OrganTable& organs) {
  report::CsvLog::Row columns{"epoch", "step", "weights", "best", "mean"};
  for (const Organ& organ : organs) columns.push_back(organ.name);
  return columns;
}

std::string text_of(double value) {  // the shortest that reads back as the same number
  char text[32];
  return std::isfinite(value) ? std::string(text, std::to_chars(text, text + sizeof text, value).ptr) : "";
}

template <class Number>
bool read(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

bool read_dice(const std::string& text, double& value) {
  value = nothing;
  return text.empty() || read(text, value);
}

bool read_step(const report::CsvLog::Row& row, report::TrainingStep& s) {
  return read(row[0], s.step) && read(row[1], s.epoch) && read(row[2], s.loss) &&
         read(row[3], s.learning_rate) && read(row[4], s.gradient_norm) && read(row[5], s.seconds);
}

bool read_validation(const report::CsvLog::Row& row, report::TrainingValidation& v) {
  v.calibrated = row[2] == "calibrated";
  v.best = row[3] == "1";
  bool ok = read(row[0], v.epoch) && read(row[1], v.step) && read_dice(row[4], v.mean);
  for (std::size_t i = 5; i < row.size(); ++i) {
    v.dice.push_back(nothing);
    ok = ok && read_dice(row[i], v.dice.back());
  }
  return ok;
}

LabelVolume one_slice(const LabelVolume& volume, std::int64_t z) {
  LabelVolume out;
  out.grid = volume.grid;
  out.grid.size[2] = 1;
  out.grid.origin = volume.grid.to_world({0, 0, double(z)});
  const auto slice = volume.slice(z);
  out.voxels.assign(slice.begin(), slice.end());
  return out;
}

}  // namespace

TrainRecord::TrainRecord(std::filesystem::path folder, const training::TrainingSet& set, std::string name,
                         std::string recipe)
    : folder_(std::move(folder)),
      classes_(set.organs),
      steps_(folder_ / "steps.csv",
             {"step", "epoch", "loss", "learning_rate", "gradient_norm", "seconds", "cases"}),
      validations_(folder_ / "validation.csv", validation_columns(set.organs)) {
  run_.name = std::move(name);
  run_.data = set.description + " (" + std::to_string(set.training.size()) + " training and " +
              std::to_string(set.validation.size()) + " validation cases)";
  run_.attribution = set.attribution;
  run_.recipe = std::move(recipe);
  run_.program = std::string("anatomynet ") + version();
  run_.state = "running";
  run_.organs = set.organs;
  for (std::size_t i = 0; i < classes_.size(); ++i) classes_[i].id = static_cast<int>(i) + 1;
}

void TrainRecord::on_position(const training::RunPosition& position) {
  run_.steps_in_all = position.steps;
  run_.epochs_in_all = position.epochs;
  steps_an_epoch_ = position.epochs > 0 ? position.steps / position.epochs : 0;
  run_.steps.clear();
  steps_.resume([&](const report::CsvLog::Row& row) {
    report::TrainingStep s;
    const bool keep = read_step(row, s) && s.step <= position.step &&
                      (run_.steps.empty() || s.step > run_.steps.back().step);
    if (keep) run_.steps.push_back(s);
    return keep;
  });
  run_.validations.clear();
  validations_.resume(
      [&](const report::CsvLog::Row& row) {  // a run that has ended calibrates anew when it is resumed
        report::TrainingValidation v;
        const bool keep = read_validation(row, v) && v.step <= position.step && !v.calibrated &&
                          (run_.validations.empty() || v.epoch > run_.validations.back().epoch);
        if (keep) run_.validations.push_back(std::move(v));
        return keep;
      });
  // From step 1 for a run that starts: readers then drop what another run left in the folder.
  events_ = std::make_unique<report::EventFile>(folder_, seconds_since_1970(), position.step + 1);
  drawn_.clear();
  write_page();
  last_step_ = seconds_now();
}

void TrainRecord::on_step(const training::StepReport& r) {
  const double now = seconds_now();
  const double seconds = std::round((now - last_step_) * 1e4) / 1e4;
  last_step_ = now;
  run_.steps.push_back({r.step, r.epoch, r.loss, r.learning_rate, r.gradient_norm, seconds});
  steps_.append({std::to_string(r.step), std::to_string(r.epoch), text_of(r.loss), text_of(r.learning_rate),
                 text_of(r.gradient_norm), text_of(seconds), r.case_id});
  const double time = seconds_since_1970();
  events_->scalar(time, r.step, "train/loss", static_cast<float>(r.loss));
  events_->scalar(time, r.step, "train/learning_rate", static_cast<float>(r.learning_rate));
  events_->scalar(time, r.step, "train/gradient_norm", static_cast<float>(r.gradient_norm));
  events_->scalar(time, r.step, "train/seconds_per_step", static_cast<float>(seconds));
}

void TrainRecord::on_validation_case(const training::TrainingCase& c, const LabelVolume& predicted) {
  if (drawn_.size() == most_pictures) return;
  auto known = shown_.find(c.id);
  if (known == shown_.end()) {
    Shown shown{report::overview_slice(c.truth, classes_), {}, {}};
    shown.truth = one_slice(c.truth, shown.slice);
    training::TrainingCase source;
    source.image = c.image;
    source.grid = c.grid;
    source.truth.grid = shown.truth.grid;
    shown.ct = training::ct_at_truth(source);
    known = shown_.emplace(c.id, std::move(shown)).first;
  }
  const Shown& s = known->second;
  const LabelVolume found = one_slice(predicted, s.slice);
  drawn_.push_back(
      {c.id, report::draw_overview({s.ct, found, s.truth, classes_}, 0, c.id, picture_size).png()});
}

void TrainRecord::on_validation(std::int64_t epoch, const training::Scores& scores, bool best) {
  report::TrainingValidation v;
  v.epoch = epoch;
  v.step = epoch * steps_an_epoch_;
  v.best = best;
  v.calibrated = !run_.validations.empty() && run_.validations.back().epoch == epoch;
  bool any = false;
  for (const training::OrganScore& organ : scores.organs) {
    v.dice.push_back(organ.dice.empty() ? nothing : organ.mean());
    any |= !organ.dice.empty();
  }
  v.mean = any ? scores.mean() : nothing;

  report::CsvLog::Row row{std::to_string(v.epoch), std::to_string(v.step),
                          v.calibrated ? "calibrated" : "epoch", v.best ? "1" : "0", text_of(v.mean)};
  for (const double dice : v.dice) row.push_back(text_of(dice));
  validations_.append(row);

  const double time = seconds_since_1970();
  const std::string group = v.calibrated ? "calibrated" : "validation";
  const std::int64_t step = v.step + (v.calibrated ? 1 : 0);  // past what a resumed run keeps
  if (any) events_->scalar(time, step, group + "/mean_dice", static_cast<float>(v.mean));
  for (std::size_t i = 0; i < v.dice.size(); ++i)
    if (std::isfinite(v.dice[i]))
      events_->scalar(time, step, group + "_dice/" + run_.organs[i].name, static_cast<float>(v.dice[i]));
  for (const report::TrainingPicture& p : drawn_)
    events_->image(time, step, group + "/" + p.caption, picture_size, picture_size + 24, p.png);
  run_.pictures = std::move(drawn_);
  drawn_.clear();
  run_.validations.push_back(std::move(v));
  write_page();
  last_step_ = seconds_now();
}

void TrainRecord::finish(bool done) {
  run_.state = done ? "finished" : "stopped, goes on with --resume";
  write_page();
}

void TrainRecord::write_page() {
  run_.written = utc_text(std::time(nullptr), utc_minutes);
  write_file_atomically(folder_ / "report.html", report::training_page(run_));
}

std::string TrainRecord::last_dice() const {
  if (run_.validations.empty() || !std::isfinite(run_.validations.back().mean)) return "";
  const report::TrainingValidation& v = run_.validations.back();
  const auto two = [](double value) {
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", value);
    return std::string(text);
  };
  std::string organs;
  for (std::size_t i = 0; i < v.dice.size(); ++i)
    if (std::isfinite(v.dice[i]))
      organs += (organs.empty() ? "" : ", ") + run_.organs[i].name + " " + two(v.dice[i]);
  return "Dice " + two(v.mean) + " (" + organs + ")";
}

}  // namespace anatomynet::cli
