#include "study/study.h"

#include <cmath>
#include <cstdio>

#include "core/checksum.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/version.h"
#include "network/weights.h"

namespace anatomynet::study {
namespace fs = std::filesystem;
namespace {

// progress.json beside a checkpoint: what was begun there, and the time that earlier sessions spent.
struct Begun {
  std::string definition;
  double seconds = 0;
  std::int64_t steps = 0;
};

void write_begun(const fs::path& run, const Begun& begun) {
  const nlohmann::ordered_json json{
      {"definition", begun.definition}, {"seconds", begun.seconds}, {"steps", begun.steps}};
  write_file_atomically(run / "progress.json", json_text(json, 1) + "\n");
}

Begun read_begun(const fs::path& run) {
  const fs::path file = run / "progress.json";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const auto json = read_json(file);
  return reading_json(file.string(), ErrorKind::input, [&]() -> Begun {
    return {json.at("definition"), json.at("seconds"), json.at("steps")};
  });
}

[[noreturn]] void another(const fs::path& run, const std::string& before, const std::string& now) {
  throw Error(ErrorKind::input, run.string() + ": holds a run of another definition (" + before +
                                    "); now it would be " + now +
                                    "; choose another --out, or remove the folder");
}

std::string phase_text(const training::Phase& p) {
  char text[200];
  std::snprintf(text, sizeof text, " %s %g->%g %s x%lld crop %lldx%lldx%lld", p.optimiser.c_str(),
                p.learning_rate, p.final_learning_rate, p.schedule.c_str(), (long long)p.epochs,
                (long long)p.crop[2], (long long)p.crop[1], (long long)p.crop[0]);
  return text;
}

std::uint64_t ids_checksum(const training::TrainingSet& set) {
  std::uint64_t hash = checksum_start;
  for (const auto* part : {&set.training, &set.validation})
    for (const training::TrainingCase& c : *part) hash = checksum(c.id + "\n", hash);
  return hash;
}

std::int64_t parameters_of(const network::Network& network) {
  std::int64_t count = 0;
  for (const auto& p : network.parameters()) count += p.numel();
  return count;
}

// Packed sets keep no truth at the CT's resolution of training cases (dataset/prepared_case.h, no_truth).
bool lacks_truth(const training::TrainingCase& c) { return c.truth.voxels.size() <= 1; }

class OneRun {
 public:
  OneRun(const Study& study, const Variant& variant, std::uint64_t seed, const StudyData& data,
         fs::path folder, torch::Device device, const StudyEvents& events)
      : variant_(variant),
        seed_(seed),
        data_(data),
        folder_(std::move(folder)),
        device_(device),
        events_(events) {
    begun_.definition = definition_of(study, variant, seed, data);
    if (fs::exists(folder_ / "record.json")) {
      done_ = true;
      const RunRecord record = read_record(folder_ / "record.json");
      if (record.definition != begun_.definition) another(folder_, record.definition, begun_.definition);
    }
  }

  bool done() const { return done_; }

  // False when stopped.
  bool run() {
    const double start = seconds_now();
    const bool resume = fs::exists(folder_ / "checkpoint.pt");
    if (resume) {
      const Begun before = read_begun(folder_);
      if (before.definition != begun_.definition) another(folder_, before.definition, begun_.definition);
      begun_ = before;
    }
    const double earlier = begun_.seconds;
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) throw Error(ErrorKind::output, folder_.string() + ": cannot create: " + error.message());
    write_begun(folder_, begun_);
    const bool finished = training::train(data_.fit, options(), folder_, resume, device_, training_events());
    begun_.seconds = earlier + seconds_now() - start;
    write_begun(folder_, begun_);
    if (!finished) return false;
    RunRecord record = measured();
    record.seconds = earlier + seconds_now() - start;
    write_record(folder_ / "record.json", record);
    for (const char* spent : {"checkpoint.pt", "checkpoint.previous.pt", "progress.json"})
      fs::remove(folder_ / spent, error);
    return true;
  }

 private:
  training::TrainOptions options() const {
    training::TrainOptions out = variant_.options;
    out.seed = seed_;
    return out;
  }

  training::TrainEvents training_events() {
    training::TrainEvents out;
    out.on_step = [this](const training::StepReport& step) {
      begun_.steps = step.step;
      if (events_.on_step) events_.on_step(step);
    };
    out.on_message = events_.on_message;
    out.stop = events_.stop;
    return out;
  }

  RunRecord measured() const {
    const model::Model best = model::read_model(folder_ / "best.safetensors");
    const auto network = network::make_network(best);
    network->to(device_);
    const training::ValidationOptions how{.precision = network::Precision::fp32, .surface_distance = true};
    RunRecord r;
    r.variant = variant_.name;
    r.group = variant_.group;
    r.seed = seed_;
    r.definition = begun_.definition;
    r.parameters = parameters_of(*network);
    for (const training::Phase& phase : variant_.options.phases) r.epochs += phase.epochs;
    r.steps = begun_.steps;
    r.device = device_.str();
    r.program = std::string("anatomynet ") + version();
    r.data = data_.fit.description;
    r.held_out_grid = data_.held_out_grid;
    r.validation_dice = training::validate(*network, data_.fit, device_, {.precision = how.precision}).mean();
    for (const training::OrganScore& organ :
         training::validate(*network, data_.held_out, device_, how).organs)
      for (std::size_t i = 0; i < organ.cases.size(); ++i) {
        r.held_out_dice[organ.organ][organ.cases[i]] = organ.dice[i];
        if (std::isfinite(organ.hausdorff95[i]))
          r.held_out_hd95_mm[organ.organ][organ.cases[i]] = organ.hausdorff95[i];
      }
    return r;
  }

  const Variant& variant_;
  std::uint64_t seed_;
  const StudyData& data_;
  fs::path folder_;
  torch::Device device_;
  const StudyEvents& events_;
  Begun begun_;
  bool done_ = false;
};

}  // namespace

bool is_held_out(const Study& study, const std::string& id) {
  std::string scan = id;
  const std::string& suffix = study.same_case_suffix;
  if (!suffix.empty() && scan.ends_with(suffix)) scan.resize(scan.size() - suffix.size());
  std::uint64_t hash = checksum(std::to_string(study.held_out_seed) + " " + scan);
  hash = (hash ^ (hash >> 31)) * 0x9e3779b97f4a7c15u;  // FNV's high bits hardly know the last letters
  hash ^= hash >> 29;
  return double(hash >> 11) * 0x1p-53 < study.held_out;
}

StudyData set_aside(const Study& study, training::TrainingSet set) {
  StudyData out;
  out.held_out = set;
  out.held_out.training.clear();
  out.held_out.validation.clear();
  std::vector<training::TrainingCase> kept;
  for (training::TrainingCase& c : set.training) {
    if (!is_held_out(study, c.id)) {
      kept.push_back(std::move(c));
      continue;
    }
    if (out.held_out.validation.empty() && lacks_truth(training::loaded(c))) out.held_out_grid = "network";
    training::TrainingCase whole;
    whole.id = c.id;
    whole.load = [stored = std::move(c)] {
      training::TrainingCase full = training::loaded(stored);
      full.load = {};
      if (!lacks_truth(full)) return full;
      full.truth = LabelVolume(full.grid);
      const torch::Tensor labels = full.labels.contiguous();
      std::copy_n(labels.data_ptr<std::uint8_t>(), full.truth.voxels.size(), full.truth.voxels.begin());
      return full;
    };
    out.held_out.validation.push_back(std::move(whole));
  }
  set.training = std::move(kept);
  out.fit = std::move(set);
  if (out.held_out.validation.empty() || out.fit.training.empty() || out.fit.validation.empty())
    throw Error(ErrorKind::input,
                "study " + study.name + ": " + std::to_string(out.fit.training.size()) + " training, " +
                    std::to_string(out.fit.validation.size()) + " validation and " +
                    std::to_string(out.held_out.validation.size()) +
                    " held-out cases; every part needs at least one (held_out, splits_final.json)");
  return out;
}

std::string definition_of(const Study& study, const Variant& v, std::uint64_t seed, const StudyData& data) {
  const training::TrainOptions& o = v.options;
  char text[500];
  std::snprintf(
      text, sizeof text,
      "%s, loss %s %g %s %s, seed %llu, base %s, hu %g to %g, spacing %g %g %g, data %016llx, held out "
      "%016llx (%g, seed %llu)",
      o.architecture.c_str(), o.loss.c_str(), o.lambda, training::name_of(o.missing),
      o.weights_by_counts ? "weights by counts" : "equal weights", (unsigned long long)seed,
      study.base.c_str(), study.input.hu_low, study.input.hu_high, study.input.spacing[0],
      study.input.spacing[1], study.input.spacing[2], (unsigned long long)ids_checksum(data.fit),
      (unsigned long long)ids_checksum(data.held_out), study.held_out,
      (unsigned long long)study.held_out_seed);
  std::string out = text;
  for (const double w : o.class_weights) out += " w" + std::to_string(w);
  for (const training::Phase& phase : o.phases) {
    out += ',';
    out += phase_text(phase);
  }
  return out;
}

bool run_study(const Study& study, const StudyData& data, const fs::path& folder, torch::Device device,
               const StudyEvents& events) {
  std::size_t most = 0, runs = 0;
  for (const Variant& v : study.variants) {
    most = std::max(most, v.seeds.size());
    runs += v.seeds.size();
  }
  std::size_t run = 0;
  for (std::size_t k = 0; k < most; ++k)
    for (const Variant& variant : study.variants) {
      if (k >= variant.seeds.size()) continue;
      ++run;
      OneRun one(study, variant, variant.seeds[k], data, run_folder(folder, variant.name, variant.seeds[k]),
                 device, events);
      if (one.done()) continue;
      if (events.on_run) events.on_run(variant, variant.seeds[k], run, runs);
      try {
        if (!one.run()) return false;
      } catch (const Error& error) {
        throw error.within("variant " + variant.name + ", seed " + std::to_string(variant.seeds[k]));
      }
    }
  return true;
}

}  // namespace anatomynet::study
