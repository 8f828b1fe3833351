#include "adaptation/adapt.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "adaptation/adapted_info.h"
#include "adaptation/calibrate.h"
#include "adaptation/candidates.h"
#include "adaptation/folds.h"
#include "adaptation/record.h"
#include "adaptation/work_folder.h"
#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/sha256.h"
#include "model/shipped_models.h"
#include "network/weights.h"
#include "report/pages/adaptation_page.h"
#include "training/data/organ_map.h"

namespace anatomynet::adaptation {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr int firmer_rounds = 2;  // how often the others are held firmer
constexpr double firmer_factor = 4;

struct Stopped {};

std::vector<std::string> names_of(const OrganTable& organs) {
  std::vector<std::string> names;
  for (const Organ& organ : organs) names.push_back(organ.name);
  return names;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Adaptation {
 public:
  Adaptation(const AdaptOptions& options, Messages& messages)
      : options_(options),
        messages_(messages),
        weights_(options.from.empty() ? model::default_model("--from") : options.from),
        parent_{model::read_model(weights_), digest_of(weights_).sha256},
        out_(options.folder),
        work_(options.folder / "work") {
    const model::ModelInfo& info = parent_.model.info;
    input_ = {info.hu_low, info.hu_high, info.spacing.value_or(Vec3{3, 3, 3})};
    local_ = read_local_cases(options.data, input_, work_.path() / "cases.safetensors", false, messages);
    Candidates found = candidates(local_, names_of(info.organs), refined(), options, messages);
    recipe_.learnt = std::move(found.learnt);
    calibrated_ = std::move(found.calibrated);
    read_others();
    recipe_.steps = options.steps > 0 ? options.steps : steps_for(local_.cases.size());
    recipe_.seed = options.seed;
    recipe_.largest = local_.largest;
    begin();
    work_.keep();
  }

  json run() {
    part_ = parts_of(local_.scans, options_.seed);
    result_.parent = &parent_;
    result_.local = &local_;
    result_.rules = options_.rules;
    calibrate_organs();
    if (options_.training && !recipe_.learnt.empty()) train_rounds();
    if (!result_.learnt.empty() || !result_.calibration.choice.empty()) offer();
    return write();
  }

 private:
  void calibrate_organs() {
    CalibrateOptions how;
    for (const std::string& organ : calibrated_)  // what is drawn by shape is not the network's contour
      if (std::none_of(priors().begin(), priors().end(), [&](const auto& p) { return p.organ == organ; }))
        how.organs.push_back(organ);
    how.part = part_;
    how.rules = options_.rules;
    how.how = measuring();
    how.how.left_out = drawn_by_shape();
    how.source = "contours of " + std::to_string(local_.scans) + " scans of a clinic";
    how.tell = [&](double share) { messages_.progress("calibrating", share); };
    how.throw_when_stopped = [&] {
      if (options_.stop && options_.stop()) throw Stopped{};
    };
    result_.calibration =
        calibrate(local_, contourer(parent_.model, parent_.model.info), parent_.model.info, how);
    for (const auto& [organ, takes] : result_.calibration.choice)
      messages_.info(organ + " gains by " + text_of(takes));
  }

  // Which organs are learnt in the end is in the result.
  void train_rounds() {
    for (const Round* last = &round();;) {
      const Next next = next_after(last->outcomes);
      if (next == Next::nothing) break;
      if (next == Next::offer) {
        result_.learnt = recipe_.learnt;
        break;
      }
      if (next == Next::fewer) {
        recipe_.learnt = gained(last->outcomes);
        messages_.info("gained: " + joined(recipe_.learnt) + "; once more with these alone");
      } else if (firmer_++ < firmer_rounds) {
        recipe_.keep *= firmer_factor;
        messages_.info("an organ that was to stay did not; once more, holding the others firmer");
      } else {
        break;
      }
      last = &round();
    }
  }

  const std::vector<model::ShapePrior>& priors() const { return parent_.model.info.shape_priors; }

  // What was begun in this folder must be what is asked for now.
  void begin() {
    const json definition{
        {"parent", parent_.sha256}, {"data", local_.sha256},    {"steps", recipe_.steps},
        {"seed", options_.seed},    {"learnt", recipe_.learnt}, {"calibrated", calibrated_},
        {"keep", recipe_.keep},     {"check", others_.sha256},  {"training", options_.training}};
    const fs::path file = work_.path() / "definition.json";
    if (fs::exists(file)) {
      if (read_json(file) == nlohmann::json(definition)) {
        messages_.info("going on with the adaptation that was begun here");
        return;
      }
      throw Error(ErrorKind::input, work_.path().string() +
                                        ": holds an adaptation of other cases, weights or options; choose "
                                        "another -o, or remove that folder");
    }
    write_file_atomically(file, json_text(definition, 1) + "\n");
  }

  OrganTable table() const {
    OrganTable organs = parent_.model.info.organs;
    for (const Organ& organ : local_.organs) {
      if (!holds(recipe_.learnt, organ.name) || find_organ(parent_.model.info.organs, organ.name)) continue;
      organs.push_back(organ);
      Organ& added = organs.back();
      while (std::count_if(organs.begin(), organs.end(), [&](const Organ& o) { return o.id == added.id; }) >
             1)
        added.id = added.id % 255 + 1;
    }
    return organs;
  }

  training::TrainingSet training_set(std::optional<std::size_t> held_out) const {
    training::TrainingSet set{table(), input_, local_.description, local_.attribution, {}, {}};
    for (std::size_t i = 0; i < local_.cases.size(); ++i)
      if (!held_out || part_[local_.scan[i]] != *held_out)
        set.training.push_back(training::with_annotations_of(
            training::with_organs(local_.cases[i], local_.organs, set.organs), set.organs, recipe_.learnt));
    return set;
  }

  void train(const fs::path& folder, std::optional<std::size_t> held_out, const std::string& stage) {
    if (fs::exists(folder / "done")) return;
    const training::TrainingSet set = training_set(held_out);
    recipe_.kept.clear();
    for (const std::string& organ : names_of(parent_.model.info.organs))
      if (!holds(recipe_.learnt, organ)) recipe_.kept.push_back(organ);
    training::TrainEvents events;
    events.stop = options_.stop;
    events.on_message = [&](const std::string& text) { messages_.debug(text); };
    events.on_step = [&](const training::StepReport& r) {
      tell(stage, double(r.step) / double(r.steps));
      timing_ = true;
    };
    const auto how = options_of(recipe_, parent_.model.info, weights_, set.organs, set.training.size());
    if (!training::train(set, how, folder, fs::exists(folder / "checkpoint.pt"), torch::kCPU, events))
      throw Stopped{};
    write_file_atomically(folder / "done", "");
    std::error_code ignored;
    for (const char* spent : {"checkpoint.pt", "checkpoint.previous.pt"}) fs::remove(folder / spent, ignored);
  }

  // Progress over all trainings, and now and then in words with the time left.
  void tell(const std::string& stage, double share_of_training) {
    const double share = (double(trained_) + share_of_training) / double(expected_);
    const double now = seconds_now();
    if (!timing_) {
      first_share_ = share;
      start_ = last_told_ = now;
    }
    messages_.progress(stage, share);
    if (now - last_told_ < 60 || share <= first_share_) return;
    last_told_ = now;
    const double left = (now - start_) / (share - first_share_) * (1 - share) / 60;
    messages_.info(stage + ": " + std::to_string(std::lround(100 * share)) + "% done, at most about " +
                   std::to_string(std::lround(std::ceil(left))) + " min left");
  }

  // `info`: whose HU curves, ends and second networks the contours are made with.
  Contourer contourer(const model::Model& model, const model::ModelInfo& info) const {
    std::shared_ptr<inference::Engine> engine;
    std::shared_ptr<inference::Refiner> refiner;
    if (!options_.make_engine && !info.refinements.empty())
      throw Error(ErrorKind::internal, "weights with a second network need AdaptOptions::make_engine");
    if (options_.make_engine) {
      const inference::EngineOptions exact{"auto", usable_cpus(), "fp32"};
      engine = options_.make_engine(model, exact);
      model::ModelInfo second = info;
      second.organs = as_classes(model.info.organs);
      refiner = inference::make_refiner(second, exact, options_.make_engine);
    }
    return {
        network::make_network(model), engine, model.info.organs, info.hu_curves, info.organ_ends, refiner};
  }

  // Weights that learnt, with what the organs that did not take of a calibration.
  Contourer learnt_contourer(const fs::path& folder, const model::ModelInfo& calibrated) const {
    Contourer after = contourer(model::read_model(folder / "best.safetensors"), calibrated);
    after.hu_curves = kept_hu_curves(calibrated, recipe_);
    after.organ_ends = kept_organ_ends(calibrated, recipe_);
    return after;
  }

  MeasureOptions measuring() const {
    MeasureOptions how{
        input_, options_of(recipe_, parent_.model.info, weights_, table(), 1).precision, priors(), {}};
    for (const std::string& organ : drawn_by_shape())
      if (!holds(recipe_.learnt, organ)) how.left_out.push_back(organ);
    return how;
  }

  // Organs that a second network draws.
  std::vector<std::string> refined() const {
    std::vector<std::string> organs;
    for (const model::Refinement& r : parent_.model.info.refinements)
      for (const model::Refinement::Seen& seen : r.organs) organs.push_back(seen.organ);
    return organs;
  }

  // Organs whose contours are not a network's.
  std::vector<std::string> drawn_by_shape() const {
    std::vector<std::string> organs;
    for (const model::ShapePrior& prior : priors())
      if (!model::lies_where_found(prior)) organs.push_back(prior.organ);
    return organs;
  }

  // Cases that neither has seen, measured once.
  std::vector<HeldOutCase> measured(const fs::path& folder, const LocalCases& of,
                                    const std::vector<std::size_t>& cases, const Contourer& before,
                                    const Contourer& after, const std::string& stage) {
    const fs::path file = folder / "held_out.json";
    std::vector<HeldOutCase> out;
    if (fs::exists(file)) {
      for (const auto& one : read_json(file)) out.push_back(held_out_from(json(one)));
      return out;
    }
    json list = json::array();
    for (const std::size_t i : cases) {
      if (options_.stop && options_.stop()) throw Stopped{};
      messages_.progress(stage, double(out.size()) / double(cases.size()));
      out.push_back(measure_held_out(of, i, before, after, measuring()));
      list.push_back(to_json(out.back()));
    }
    write_file_atomically(file, json_text(list, 1) + "\n");
    return out;
  }

  const Round& round() {
    const std::size_t number = result_.rounds.size() + 1, parts = part_count(local_.scans);
    expected_ = std::max(expected_, parts * (number == 1 ? 2 : number) + 1);
    Round round;
    round.learnt = recipe_.learnt;
    round.keep = recipe_.keep;
    for (std::size_t part = 0; part < parts; ++part) {
      const std::string name = "round " + std::to_string(number) + ", part " + std::to_string(part + 1) +
                               " of " + std::to_string(parts);
      const fs::path folder =
          work_.path() / ("round-" + std::to_string(number)) / ("part-" + std::to_string(part + 1));
      train(folder, part, name);
      ++trained_;
      std::vector<std::size_t> cases;
      for (std::size_t i = 0; i < local_.cases.size(); ++i)
        if (part_[local_.scan[i]] == part) cases.push_back(i);
      const model::ModelInfo& calibrated = result_.calibration.of_part[part];
      for (HeldOutCase& c : measured(folder, local_, cases, contourer(parent_.model, calibrated),
                                     learnt_contourer(folder, calibrated), "measuring"))
        round.cases.push_back(std::move(c));
    }
    round.outcomes = judge(round.cases, recipe_.learnt, options_.fresh, options_.rules);
    result_.rounds.push_back(std::move(round));
    return result_.rounds.back();
  }

  void offer() {
    const fs::path folder = work_.path() / "final";
    const bool learnt = !result_.learnt.empty();
    recipe_.learnt = result_.learnt;
    fs::create_directories(folder);
    if (learnt) {
      expected_ = trained_ + 1;
      train(folder, std::nullopt, "the weights from all cases");
      ++trained_;
    }
    const model::Model model = learnt ? model::read_model(folder / "best.safetensors") : parent_.model;
    AdaptedInfo adapted = adapted_info(parent_, local_, recipe_, learnt ? table() : parent_.model.info.organs,
                                       learnt ? result_.rounds.back() : Round{}, result_.calibration);
    result_.notes = std::move(adapted.notes);
    const fs::path file = out_.stage("adapted.safetensors");
    model::write_model(file, adapted.info, model.weights.tensors);
    const model::Model written = model::read_model(file);
    result_.adapted_id = written.id;
    result_.adapted_sha256 = digest_of(file).sha256;
    if (!to_check_.empty()) check(folder, written);
  }

  // Other cases, to see what is forgotten: read before hours of training.
  void read_others() {
    if (options_.check.empty()) return;
    others_ = read_local_cases(options_.check, input_, work_.path() / "check.safetensors", true, messages_);
    std::size_t shared = 0;
    for (std::size_t i = 0; i < others_.cases.size(); ++i)
      if (holds(local_.image_sha256, others_.image_sha256[i]))
        ++shared;
      else
        to_check_.push_back(i);
    if (shared > 0)
      messages_.warning(std::to_string(shared) + " cases of --check are among those adapted to and left out");
    if (to_check_.empty())
      throw Error(ErrorKind::input, options_.check.string() + ": no case is left to check on");
  }

  void check(const fs::path& folder, const model::Model& adapted) {
    result_.checked = measured(folder, others_, to_check_, contourer(parent_.model, parent_.model.info),
                               contourer(adapted, adapted.info), "measuring on the cases of --check");
    result_.check = judge(result_.checked, offered_organs(result_), options_.fresh, options_.rules);
  }

  json write() {
    const json record = record_of(result_, recipe_);
    if (result_.adapted_id.empty()) out_.replace("adapted.safetensors");
    write_file_atomically(out_.stage("adaptation.html"), report::adaptation_page(record));
    write_file_atomically(out_.stage("adaptation.json"), json_text(record, 1) + "\n");
    write_file_atomically(out_.stage("cases.csv"), cases_csv(result_));
    out_.commit();
    work_.remove();
    return record;
  }

  const AdaptOptions& options_;
  Messages& messages_;
  fs::path weights_;
  Parent parent_;
  OutputFolder out_;  // keeps other runs out of the folder
  WorkFolder work_;
  dataset::InputOptions input_;
  LocalCases local_, others_;
  std::vector<std::size_t> to_check_;  // of these
  std::vector<std::string> calibrated_;
  Recipe recipe_;
  std::vector<std::size_t> part_;  // of each scan
  Result result_;
  int firmer_ = 0;
  std::size_t trained_ = 0, expected_ = 1;
  bool timing_ = false;
  double first_share_ = 0;
  double start_ = 0, last_told_ = 0;
};

}  // namespace

std::optional<json> adapt(const AdaptOptions& options, Messages& messages) try {
  return Adaptation(options, messages).run();
} catch (const Stopped&) {
  return std::nullopt;
}

}  // namespace anatomynet::adaptation
