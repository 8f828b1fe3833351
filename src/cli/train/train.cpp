#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/interrupt.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "cli/train/launch_environment.h"
#include "cli/train/torch_device.h"
#include "cli/train/train_config.h"
#include "cli/train/train_measure.h"
#include "cli/train/train_record.h"
#include "cli/train/training_data.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/output.h"
#include "training/distributed/data_parallel.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string config, data, out = "run", pack, weights, device = "auto";
  bool resume = false;
  bool shares_cpus = true;  // with the other processes of this host
};

std::string duration(double s) {
  char text[32];
  const long minutes = std::lround(s / 60);
  std::snprintf(text, sizeof text, "%ld:%02ld h", minutes / 60, minutes % 60);
  return text;
}

// Steps as a progress line on a terminal, and as a log line now and then where nobody watches.
class StepLog {
 public:
  explicit StepLog(Progress progress) : progress_(std::move(progress)) {}

  /// `dice`: the last validation's, in words.
  void operator()(const training::StepReport& r, const std::string& dice) {
    if (first_ < 0) {
      first_ = r.step - 1;
      start_ = last_ = seconds_now();
    }
    smooth_ = count_++ == 0 ? r.loss : 0.95 * smooth_ + 0.05 * r.loss;
    const double now = seconds_now(),
                 left = (now - start_) / double(r.step - first_) * double(r.steps - r.step);
    char text[160];
    std::snprintf(text, sizeof text, "epoch %lld/%lld  step %lld/%lld  loss %.4f  %s left",
                  (long long)r.epoch, (long long)r.epochs, (long long)r.step, (long long)r.steps, smooth_,
                  duration(left).c_str());
    const std::string line = dice.empty() ? text : std::string(text) + "  " + dice;
    progress_(line, double(r.step) / double(r.steps));
    if (now - last_ > 60 || r.step == r.steps) {
      spdlog::info("{}", line);
      last_ = now;
    }
  }

 private:
  Progress progress_;
  std::int64_t first_ = -1, count_ = 0;
  double start_ = 0, last_ = 0, smooth_ = 0;
};

void print_scores(std::int64_t epoch, const training::Scores& scores, bool best) {
  std::printf("epoch %lld  validation Dice", (long long)epoch);
  bool measured = false;
  for (const training::OrganScore& organ : scores.organs) {
    if (organ.dice.empty()) continue;
    measured = true;
    std::printf("  %s %.4f", organ.organ.c_str(), organ.mean());
  }
  if (measured) {
    std::printf("  mean %.4f%s\n", scores.mean(), best ? "  (best so far)" : "");
  } else {
    std::printf(": no validation cases; the last weights are kept\n");
  }
  std::fflush(stdout);
}

void keep_scores(const std::filesystem::path& file, std::int64_t epoch, const training::Scores& scores) {
  nlohmann::ordered_json organs;
  for (const training::OrganScore& organ : scores.organs)
    for (std::size_t i = 0; i < organ.dice.size(); ++i) organs[organ.organ][organ.cases[i]] = organ.dice[i];
  write_file_atomically(file,
                        json_text(nlohmann::ordered_json{{"epoch", epoch}, {"dice", organs}}, 1) + "\n");
}

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void train_here(const Options& options, const TrainConfig& config, const std::string& data,
                torch::Device device, training::ProcessGroup& processes, const Progress& progress) {
  training::require_same(processes, {{"configuration " + options.config, text_of(options.config)},
                                     {"option --resume", options.resume ? "given" : ""}});
  const training::TrainingSet set = load_training_set(data, config.input, progress);
  spdlog::info("{} training and {} validation cases, {} organs", set.training.size(), set.validation.size(),
               set.organs.size());
  if (processes.size() > 1) spdlog::info("{} processes", processes.size());
  const std::filesystem::path out = options.out;
  std::optional<OutputFolder> held;  // keeps other runs out of the folder
  if (processes.first()) held.emplace(out);
  if (processes.first() && !options.resume && std::filesystem::exists(out / "checkpoint.pt")) {
    throw Error(ErrorKind::usage,
                out.string() + ": holds a run already; go on with --resume or choose another --out");
  }
  const GracefulStop stop;
  training::TrainEvents events;
  events.stop = [&] { return stop.requested(); };
  TrainRecord record(out, set, config.options.name, text_of(options.config));
  StepLog log(progress);
  if (processes.first()) {  // the others say nothing but errors, and write nothing
    events.on_position = [&](const training::RunPosition& position) { record.on_position(position); };
    events.on_step = [&](const training::StepReport& report) {
      record.on_step(report);
      log(report, record.last_dice());
    };
    events.on_validation_case = [&](const training::TrainingCase& c, const LabelVolume& predicted) {
      record.on_validation_case(c, predicted);
    };
    events.on_validation = [&](std::int64_t epoch, const training::Scores& scores, bool best) {
      print_scores(epoch, scores, best);
      if (best) keep_scores(out / "best_validation.json", epoch, scores);
      record.on_validation(epoch, scores, best);
    };
    events.on_message = [](const std::string& text) { spdlog::info("{}", text); };
  }
  const bool done = training::train(set, config.options, out, options.resume, device, events, processes);
  if (!processes.first()) return;
  record.finish(done);
  if (!done) spdlog::warn("stopped; {} holds all, go on with --resume", (out / "checkpoint.pt").string());
}

void run_in(const Options& options, const training::ProcessPlace& place, training::ProcessGroup& processes) {
  const TrainConfig config = read_train_config(options.config);
  const std::string data = options.data.empty() ? config.data : options.data;
  if (data.empty())
    throw Error(ErrorKind::usage, "no data set: give --data, or data = \"...\" in " + options.config);
  at::set_num_threads(options.shares_cpus ? std::max(1, usable_cpus() / place.local_size) : usable_cpus());
  const torch::Device device = torch_device(options.device, place.local_rank);

  ProgressBar bar;
  if (!options.pack.empty()) return pack_training_set(data, config.input, options.pack, bar.callback());
  if (!options.weights.empty())
    return measure_weights(options.weights, data,
                           device.is_cpu() ? network::Precision::fp32 : config.options.precision, device,
                           options.out, bar.callback());
  train_here(options, config, data, device, processes, bar.callback());
}

void run(const Options& options) {
  const training::ProcessPlace place = launch_place(environment()).value_or(training::ProcessPlace{});
  if (place.size > 1 && !(options.pack.empty() && options.weights.empty())) {
    throw Error(ErrorKind::usage, "--pack and --validate-only work in one process, but " +
                                      std::to_string(place.size) + " were started");
  }
  if (place.rank > 0) spdlog::set_level(spdlog::level::err);
  training::ProcessGroup processes(place);
  processes.run([&] { run_in(options, place, processes); });
}

}  // namespace

Action declare_train(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--config", options->config, "Training configuration (configs/, docs/training.md)")
      ->type_name("FILE")
      ->required();
  app.add_option("--data", options->data,
                 "Data-set folder (nnU-Net v2 layout, docs/training.md) or packed set")
      ->type_name("DIR");
  app.add_option("--out", options->out, "Folder of the run: checkpoint.pt, best.safetensors, report.html")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--resume", options->resume, "Go on from the checkpoint in --out");
  const Option* threads = add_threads_option(app, ", shared by the processes of a host where not given");
  app.add_option("--device", options->device, "auto, cpu or cuda")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option(
         "--pack", options->pack,
         "Only write the prepared cases to this packed file (docs/data.md), for machines without DCMTK")
      ->type_name("FILE");
  app.add_option("--validate-only", options->weights,
                 "Train nothing: measure these weights on the validation cases, into --out")
      ->type_name("FILE");
  return [options, threads] {
    options->shares_cpus = !threads->is_given() || threads->number() == 0;
    run(*options);
  };
}

}  // namespace anatomynet::cli
