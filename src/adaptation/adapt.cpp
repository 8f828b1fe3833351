#include "adaptation/adapt.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "adaptation/adapted_info.h"
#include "adaptation/folds.h"
#include "adaptation/record.h"
#include "core/clock.h"
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
using training::TrainingCase;

constexpr int firmer_rounds = 2;  // how often the others are held firmer
constexpr double firmer_factor = 4;

struct Stopped {};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> names_of(const OrganTable& organs) {
  std::vector<std::string> names;
  for (const Organ& organ : organs) names.push_back(organ.name);
  return names;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Goes again, unless it is kept, where this run has made it.
class WorkFolder {
 public:
  explicit WorkFolder(fs::path path) : path_(std::move(path)), made_(!fs::exists(path_)) {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) throw Error(ErrorKind::output, path_.string() + ": cannot create: " + error.message());
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (made_ && !kept_) fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }
  void remove() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

 private:
  fs::path path_;
  bool made_, kept_ = false;
};

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
    require_enough();
    recipe_.learnt = candidates();
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
    for (const Round* last = &round();;) {
      const Next next = next_after(last->outcomes);
      if (next == Next::nothing) break;
      if (next == Next::offer) {
        offer(*last);
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
    return write();
  }

 private:
  void require_enough() const {
    if (local_.scans >= fewest_scans) return;
    throw Error(ErrorKind::input,
                options_.data.string() + ": " + std::to_string(local_.cases.size()) + " cases of " +
                    std::to_string(local_.scans) + (local_.scans == 1 ? " scan; " : " scans; ") +
                    "at least " + std::to_string(fewest_scans) +
                    " different scans are needed, and five or more to show that an organ gains");
  }

  // The organs that can be learnt here.
  std::vector<std::string> candidates() {
    const std::vector<std::string> known = names_of(parent_.model.info.organs);
    std::vector<std::string> found, few, unknown;
    for (const auto& [organ, scans] : local_.drawn) {
      if (!holds(known, organ) && !holds(options_.fresh, organ))
        unknown.push_back(organ);
      else if (scans < options_.rules.least_pairs)
        few.push_back(organ);
      else
        found.push_back(organ);
    }
    for (const std::string& organ : options_.fresh) {
      if (holds(known, organ))
        throw Error(ErrorKind::usage,
                    "--new " + organ + ": the weights draw it already; it is adapted without");
      if (!local_.drawn.contains(organ))
        throw Error(ErrorKind::input,
                    "--new " + organ + ": no case has it; the cases have " + joined(names_of(local_.organs)));
    }
    if (!unknown.empty())
      messages_.warning("not drawn by the weights and left out: " + joined(unknown) +
                        "; --new adds an organ");
    if (!few.empty())
      messages_.warning("contoured on fewer than " + std::to_string(options_.rules.least_pairs) +
                        " scans, kept as before: " + joined(few));
    if (found.empty()) {
      std::string has;
      for (const auto& [organ, scans] : local_.drawn) has += (has.empty() ? "" : ", ") + organ;
      throw Error(ErrorKind::input, options_.data.string() + ": no organ to adapt: the weights draw " +
                                        joined(known) + "; the cases have " +
                                        (has.empty() ? std::string("no contour") : has) +
                                        (few.empty() ? "" : ", too few of each"));
    }
    return found;
  }

  // What was begun in this folder must be what is asked for now.
  void begin() {
    const json definition{{"parent", parent_.sha256}, {"data", local_.sha256},    {"steps", recipe_.steps},
                          {"seed", options_.seed},    {"learnt", recipe_.learnt}, {"keep", recipe_.keep},
                          {"check", others_.sha256}};
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

  Contourer contourer(const model::Model& model) const {
    return {network::make_network(model), model.info.organs, model.info.hu_curves};
  }

  MeasureOptions measuring() const {
    return {input_, options_of(recipe_, parent_.model.info, weights_, table(), 1).precision,
            parent_.model.info.shape_priors};
  }

  // The held-out cases of a part, measured once.
  std::vector<HeldOutCase> measured(const fs::path& folder, const std::vector<const TrainingCase*>& cases,
                                    const OrganTable& organs, const std::string& stage) {
    const fs::path file = folder / "held_out.json";
    std::vector<HeldOutCase> out;
    if (fs::exists(file)) {
      for (const auto& one : read_json(file)) out.push_back(held_out_from(json(one)));
      return out;
    }
    const Contourer before = contourer(parent_.model);
    Contourer after = contourer(model::read_model(folder / "best.safetensors"));
    after.hu_curves = kept_hu_curves(parent_.model.info, recipe_);
    json list = json::array();
    for (const TrainingCase* c : cases) {
      if (options_.stop && options_.stop()) throw Stopped{};
      messages_.progress(stage, double(out.size()) / double(cases.size()));
      out.push_back(measure_held_out(*c, organs, before, after, measuring()));
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
      std::vector<const TrainingCase*> cases;
      for (std::size_t i = 0; i < local_.cases.size(); ++i)
        if (part_[local_.scan[i]] == part) cases.push_back(&local_.cases[i]);
      for (HeldOutCase& c : measured(folder, cases, local_.organs, "measuring"))
        round.cases.push_back(std::move(c));
    }
    round.outcomes = judge(round.cases, recipe_.learnt, options_.fresh, options_.rules);
    result_.rounds.push_back(std::move(round));
    return result_.rounds.back();
  }

  void offer(const Round& last) {
    expected_ = trained_ + 1;
    const fs::path folder = work_.path() / "final";
    train(folder, std::nullopt, "the weights from all cases");
    ++trained_;
    const model::Model model = model::read_model(folder / "best.safetensors");
    AdaptedInfo adapted = adapted_info(parent_, local_, recipe_, table(), last.outcomes, last.cases);
    result_.notes = std::move(adapted.notes);
    result_.offered = recipe_.learnt;
    const fs::path file = out_.stage("adapted.safetensors");
    model::write_model(file, adapted.info, model.weights.tensors);
    result_.adapted_id = model::read_model(file).id;
    result_.adapted_sha256 = digest_of(file).sha256;
    if (!to_check_.empty()) check(folder);
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
        to_check_.push_back(&others_.cases[i]);
    if (shared > 0)
      messages_.warning(std::to_string(shared) + " cases of --check are among those adapted to and left out");
    if (to_check_.empty())
      throw Error(ErrorKind::input, options_.check.string() + ": no case is left to check on");
  }

  void check(const fs::path& folder) {
    result_.checked = measured(folder, to_check_, others_.organs, "measuring on the cases of --check");
    result_.check = judge(result_.checked, recipe_.learnt, options_.fresh, options_.rules);
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
  std::vector<const TrainingCase*> to_check_;
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
