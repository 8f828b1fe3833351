#include "adaptation/calibrate.h"

#include <algorithm>

#include "adaptation/folds.h"

namespace anatomynet::adaptation {
namespace {

using Choice = std::map<std::string, Calibrated>;

constexpr Calibrated ways[] = {{true, false}, {false, true}, {true, true}};

std::vector<std::string> names_of(const Choice& choice) {
  std::vector<std::string> names;
  for (const auto& [organ, takes] : choice) names.push_back(organ);
  return names;
}

class Calibrator {
 public:
  Calibrator(const LocalCases& local, const Contourer& weights, const model::ModelInfo& info,
             const CalibrateOptions& options)
      : local_(local), weights_(weights), info_(info), options_(options) {}

  CalibrationResult run() {
    if (options_.organs.empty()) {
      result_.of_part.assign(part_count(local_.scans), info_);
      result_.of_all = info_;
      return result_;
    }
    sample();
    Choice choice = tried();
    while (!choice.empty() && !confirmed(choice)) {
    }
    for (const Calibration& c : of_part_)
      result_.of_part.push_back(calibrated_info(info_, c, choice, options_.source));
    result_.choice = found_in_all(choice);
    std::erase_if(choice, [&](const auto& organ) { return !result_.choice.contains(organ.first); });
    result_.of_all = calibrated_info(info_, of_all_, choice, options_.source);
    return result_;
  }

 private:
  // What all cases together give of it: such as a curve between ends that need no cut.
  Choice found_in_all(Choice choice) const {
    for (auto& [organ, takes] : choice) {
      takes.curve = takes.curve && (takes.ends ? of_all_.curves_between : of_all_.curves).contains(organ);
      takes.ends = takes.ends && of_all_.ends.contains(organ);
    }
    std::erase_if(choice, [](const auto& organ) { return !organ.second.curve && !organ.second.ends; });
    return choice;
  }

  std::size_t part_of(std::size_t i) const { return options_.part[local_.scan[i]]; }

  // Each case with its logits; three passes are the most that most cohorts need.
  template <class Do>
  void each_case(const Do& act) {
    for (std::size_t i = 0; i < local_.cases.size(); ++i) {
      options_.throw_when_stopped();
      options_.tell(std::min(1.0, (double(pass_) + double(i) / double(local_.cases.size())) / 3));
      const training::TrainingCase c = training::loaded(local_.cases[i]);
      act(i, c, ct_of(local_, i, c), logits_of(c, weights_, options_.how));
    }
    ++pass_;
  }

  void sample() {
    std::vector<CaseSample> samples;
    each_case([&](std::size_t i, const training::TrainingCase& c, const CtVolume& ct,
                  const std::vector<float>& logits) {
      samples.push_back(sample_case(c, ct, local_.organs, logits, weights_, options_.organs,
                                    std::to_string(local_.scan[i])));
    });
    std::vector<const CaseSample*> all;
    for (const CaseSample& s : samples) all.push_back(&s);
    of_all_ = fit_calibration(all);
    for (std::size_t part = 0; part < part_count(local_.scans); ++part) {
      std::vector<const CaseSample*> others;
      for (std::size_t i = 0; i < samples.size(); ++i)
        if (part_of(i) != part) others.push_back(&samples[i]);
      of_part_.push_back(fit_calibration(others));
    }
  }

  Contourer contourer(std::size_t i, const Choice& choice) const {
    const model::ModelInfo info = calibrated_info(info_, of_part_[part_of(i)], choice, options_.source);
    Contourer calibrated{weights_.network, weights_.engine, weights_.organs,
                         info.hu_curves,   info.organ_ends, {}};
    if (weights_.refiner)
      calibrated.refiner =
          std::make_shared<inference::Refiner>(weights_.refiner->with_curves(info.refinements));
    return calibrated;
  }

  // Every way for every organ, and of each organ the best.
  Choice tried() {
    std::vector<std::vector<HeldOutCase>> held_out(std::size(ways));
    MeasureOptions quick = options_.how;
    quick.priors.clear();  // what their landmarks do is asked of the ways that are chosen
    each_case([&](std::size_t i, const training::TrainingCase& c, const CtVolume& ct,
                  const std::vector<float>& logits) {
      const CaseContours before = contours_of(c, ct, logits, weights_);
      for (std::size_t w = 0; w < std::size(ways); ++w) {
        Choice all;
        for (const std::string& organ : options_.organs) all[organ] = ways[w];
        const CaseContours after = contours_of(c, ct, logits, contourer(i, all));
        held_out[w].push_back(compare(c, local_.organs, before, after, quick));
      }
    });
    Choice best;
    std::map<std::string, double> most;
    for (std::size_t w = 0; w < std::size(ways); ++w) {
      result_.trials.push_back({text_of(ways[w]), judge(held_out[w], options_.organs, {}, options_.rules)});
      for (const OrganOutcome& o : result_.trials.back().outcomes)
        if (o.gained && (!best.contains(o.organ) || o.after > most[o.organ])) {
          best[o.organ] = ways[w];
          most[o.organ] = o.after;
        }
    }
    return best;
  }

  // Where there are none, nothing is left that could be to blame but all of it.
  static void drop_curves(Choice& choice) {
    bool any = false;
    for (auto& [organ, takes] : choice) {
      any = any || takes.curve;
      takes.curve = false;
    }
    std::erase_if(choice, [&](const auto& organ) { return !any || !organ.second.ends; });
  }

  // Measures what all take together; where it is not as good as it must be, leaves out what is to blame.
  bool confirmed(Choice& choice) {
    Round round;
    round.learnt = names_of(choice);
    each_case([&](std::size_t i, const training::TrainingCase& c, const CtVolume& ct,
                  const std::vector<float>& logits) {
      round.cases.push_back(compare(c, local_.organs, contours_of(c, ct, logits, weights_),
                                    contours_of(c, ct, logits, contourer(i, choice)), options_.how));
    });
    round.outcomes = judge(round.cases, round.learnt, {}, options_.rules);
    bool lost = false, failed = false;
    for (const OrganOutcome& o : round.outcomes) {
      lost = lost || o.lost;
      if (o.learnt && !o.gained) {
        choice.erase(o.organ);
        failed = true;
      }
    }
    if (lost) drop_curves(choice);
    result_.round = std::move(round);
    return !lost && !failed;
  }

  const LocalCases& local_;
  const Contourer& weights_;
  const model::ModelInfo& info_;
  const CalibrateOptions& options_;
  std::vector<Calibration> of_part_;
  Calibration of_all_;
  CalibrationResult result_;
  std::size_t pass_ = 0;
};

}  // namespace

std::string text_of(const Calibrated& takes) {
  if (takes.curve && takes.ends) return "curves and ends";
  return takes.curve ? "curves" : "ends";
}

CalibrationResult calibrate(const LocalCases& local, const Contourer& weights, const model::ModelInfo& info,
                            const CalibrateOptions& options) {
  return Calibrator(local, weights, info, options).run();
}

}  // namespace anatomynet::adaptation
