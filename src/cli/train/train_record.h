#pragma once
#include <filesystem>
#include <map>
#include <memory>

#include "report/pages/training_page.h"
#include "report/records/csv_log.h"
#include "report/records/event_file.h"
#include "report/views/comparison.h"
#include "training/run/trainer.h"

namespace anatomynet::cli {

/// What a run leaves in its folder to look at: steps.csv and validation.csv, TensorBoard event files, and
/// report.html, rewritten at the start, after each validation and at the end (docs/training.md, "Watching a
/// run"). Its members are what TrainEvents calls, in one process. A run that goes on from a checkpoint reads
/// the CSV files, cuts what lies past the checkpoint, and continues them. Errors: those of CsvLog and
/// EventFile.
class TrainRecord {
 public:
  /// `recipe`: the configuration's text. Writes nothing before `on_position`.
  TrainRecord(std::filesystem::path folder, const training::TrainingSet& set, std::string name,
              std::string recipe);

  void on_position(const training::RunPosition& position);
  void on_step(const training::StepReport& report);
  void on_validation_case(const training::TrainingCase& c, const LabelVolume& predicted);
  void on_validation(std::int64_t epoch, const training::Scores& scores, bool best);
  /// `done`: all phases are; else the run was stopped.
  void finish(bool done);

  /// "Dice 0.71 (Brainstem 0.80, ...)" of the last validation; empty before the first.
  std::string last_dice() const;

 private:
  // The one slice of a validation case that is drawn at each validation.
  struct Shown {
    std::int64_t slice = 0;
    CtVolume ct;
    LabelVolume truth;
  };

  void write_page();

  std::filesystem::path folder_;
  report::TrainingRun run_;
  OrganTable classes_;  ///< organs with the values of label maps in training
  report::CsvLog steps_, validations_;
  std::unique_ptr<report::EventFile> events_;
  double last_step_ = 0;  ///< seconds_now()
  std::int64_t steps_an_epoch_ = 0;
  std::map<std::string, Shown> shown_;
  std::vector<report::TrainingPicture> drawn_;  ///< of the validation under way
};

}  // namespace anatomynet::cli
