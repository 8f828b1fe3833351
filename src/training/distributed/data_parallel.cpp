#include "training/distributed/data_parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include <torch/nn/modules/batchnorm.h>
#include <torch/torch.h>

#include "core/checksum.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"

namespace anatomynet::training {
namespace {

using nlohmann::json;
using torch::Tensor;

std::string ids_of(const std::vector<TrainingCase>& cases) {
  std::string text;
  for (const TrainingCase& c : cases) text += c.id + "\n";
  return text;
}

Tensor flat(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> parts;
  for (const Tensor& t : tensors) parts.push_back(t.reshape({-1}).to(torch::kDouble));
  return torch::cat(parts);
}

void set_flat(const std::vector<Tensor>& tensors, const Tensor& values) {
  std::int64_t from = 0;
  for (const Tensor& t : tensors) {
    t.copy_(values.slice(0, from, from + t.numel()).view(t.sizes()));
    from += t.numel();
  }
}

}  // namespace

std::vector<Turn> turns_at(std::size_t cases, const ProcessGroup& processes) {
  const auto rank = static_cast<std::size_t>(processes.rank()),
             size = static_cast<std::size_t>(processes.size());
  std::vector<Turn> turns;
  for (std::size_t first = 0; first < cases; first += size) {
    const bool counts = first + rank < cases;
    turns.push_back({counts ? first + rank : cases - 1, counts});
  }
  return turns;
}

CaseFailure first_failure(ProcessGroup& processes, const CaseFailure& here) {
  if (!processes.any(!here.why.empty())) return {};
  const json ours{here.id, here.position, here.why};
  for (const std::string& text : processes.gather(json_text(ours))) {
    const json said = parse_json(text, "message of a process", ErrorKind::internal);
    CaseFailure failure{said[0], said[1], said[2]};
    if (!failure.why.empty()) return failure;
  }
  return {};
}

void sum_gradients(ProcessGroup& processes, const std::vector<Tensor>& parameters, double& value) {
  if (processes.size() == 1) return;
  std::vector<Tensor> all;
  for (const Tensor& p : parameters) {
    if (!p.grad().defined()) p.mutable_grad() = torch::zeros_like(p);
    all.push_back(p.grad());
  }
  all.push_back(torch::tensor({value}, torch::kDouble));
  processes.sum(all);
  value = all.back().item<double>();
}

RunningStatistics::RunningStatistics(network::Network& network, ProcessGroup& processes, std::size_t cases)
    : processes_(processes), cases_(cases) {
  if (processes.size() == 1) return;
  for (const auto& module : network.modules()) {
    auto* norm = module->as<torch::nn::BatchNorm3d>();
    if (!norm) continue;
    running_.push_back(norm->running_mean);
    running_.push_back(norm->running_var);
    counters_.push_back(norm->num_batches_tracked);
    counted_before_.push_back(norm->num_batches_tracked.clone());
    momentum_ = norm->options.momentum().value();  // one for the whole network
  }
  before_ = flat(running_);
  gathered_ = torch::zeros_like(before_);
}

void RunningStatistics::take(std::size_t index) {
  if (processes_.size() == 1) return;
  const torch::NoGradGuard no_grad;
  const double later = std::pow(1 - momentum_, double(cases_ - 1 - index));
  gathered_ += later * (flat(running_) - (1 - momentum_) * before_);
  set_flat(running_, before_);
}

void RunningStatistics::finish() {
  if (processes_.size() == 1) return;
  const torch::NoGradGuard no_grad;
  processes_.sum({gathered_});
  set_flat(running_, std::pow(1 - momentum_, double(cases_)) * before_ + gathered_);
  for (std::size_t i = 0; i < counters_.size(); ++i)
    counters_[i].copy_(counted_before_[i] + static_cast<std::int64_t>(cases_));
}

void broadcast_state(ProcessGroup& processes, network::Network& network) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : network::state_of(network)) tensors.push_back(tensor);
  processes.broadcast(tensors);
}

Scores gathered(ProcessGroup& processes, const TrainingSet& set, const Scores& share) {
  if (processes.size() == 1) return share;
  json ours = json::array();
  for (const OrganScore& organ : share.organs) {
    json distance = json::array();  // NaN, which JSON lacks, becomes null
    for (const double d : organ.hausdorff95) distance.push_back(d);
    ours.push_back({organ.cases, organ.dice, distance});
  }
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < set.validation.size(); ++i) place.emplace(set.validation[i].id, i);

  struct Row {
    std::size_t place;
    std::string id;
    double dice, distance;
  };
  std::vector<std::vector<Row>> rows(share.organs.size());
  bool distances = false;
  for (const std::string& text : processes.gather(json_text(ours))) {
    const json said = parse_json(text, "message of a process", ErrorKind::internal);
    for (std::size_t o = 0; o < rows.size(); ++o) {
      const json &ids = said[o][0], &dice = said[o][1], &distance = said[o][2];
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool measured = i < distance.size();
        distances = distances || measured;
        rows[o].push_back({place.at(ids[i]), ids[i], dice[i],
                           measured && distance[i].is_number() ? distance[i].get<double>()
                                                               : std::numeric_limits<double>::quiet_NaN()});
      }
    }
  }
  Scores all;
  for (std::size_t o = 0; o < rows.size(); ++o) {
    std::stable_sort(rows[o].begin(), rows[o].end(),
                     [](const Row& a, const Row& b) { return a.place < b.place; });
    OrganScore score{share.organs[o].organ, {}, {}};
    for (const Row& row : rows[o]) {
      score.cases.push_back(row.id);
      score.dice.push_back(row.dice);
      if (distances) score.hausdorff95.push_back(row.distance);
    }
    all.organs.push_back(std::move(score));
  }
  return all;
}

void require_same(ProcessGroup& processes, const std::vector<std::pair<std::string, std::string>>& things) {
  if (processes.size() == 1) return;
  json ours = json::array();
  for (const auto& [name, text] : things) ours.push_back(checksum(text));
  const auto all = processes.gather(json_text(ours));
  const json expected = parse_json(all[0], "message of process 0", ErrorKind::internal);
  for (std::size_t r = 1; r < all.size(); ++r) {
    const json came = parse_json(all[r], "message of process " + std::to_string(r), ErrorKind::internal);
    for (std::size_t i = 0; i < things.size(); ++i) {
      if (came.size() == expected.size() && came[i] == expected[i]) continue;
      throw Error(ErrorKind::usage, "process " + std::to_string(r) + " of " + std::to_string(all.size()) +
                                        ": its " + things[i].first +
                                        " differs from that of process 0; start all processes with the same");
    }
  }
}

void require_same_set(ProcessGroup& processes, const TrainingSet& set) {
  if (static_cast<std::size_t>(processes.size()) > set.training.size()) {
    throw Error(ErrorKind::usage, "training: " + std::to_string(processes.size()) + " processes for " +
                                      std::to_string(set.training.size()) +
                                      " training cases; start at most as many processes as there are cases");
  }
  std::ostringstream organs, input;
  for (const Organ& organ : set.organs) organs << organ.name << '\n';
  input << set.input.hu_low << ' ' << set.input.hu_high;
  for (const double s : set.input.spacing) input << ' ' << s;
  require_same(processes, {{"list of training cases", ids_of(set.training)},
                           {"list of validation cases", ids_of(set.validation)},
                           {"organ list", organs.str()},
                           {"HU window or spacing", input.str()}});
}

}  // namespace anatomynet::training
