#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/engines/bench_worker.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/json_text.h"
#include "inference/folded_network.h"
#include "inference/onednn/dnnl_engine.h"
#include "inference/onednn/machine_peak.h"
#include "model/shipped_models.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string model, worker, precision = "fp32";
  std::vector<std::string> sizes{"96x160x120"}, engines, peers;
  int repeat = 5;
  bool json = false, layers = false;
};

struct Row {
  std::string engine, precision, size;
  double median_s = 0, gflops = 0, share = 0, peak_mb = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

inference::Arithmetic arithmetic_of(const std::string& precision) {
  return precision == "int8"   ? inference::Arithmetic::int8
         : precision == "bf16" ? inference::Arithmetic::bf16
                               : inference::Arithmetic::fp32;
}

// "onednn:bf16" as a case.
BenchCase parse_engine(const std::string& text) {
  const auto colon = text.find(':');
  BenchCase c;
  c.engine = text.substr(0, colon);
  c.precision = colon == std::string::npos ? "fp32" : text.substr(colon + 1);
  const bool known = (c.engine == "onednn" || c.engine == "torch" || c.engine == "eager") &&
                     (c.precision == "fp32" || c.precision == "bf16" || c.precision == "int8");
  if (!known)
    throw Error(ErrorKind::usage,
                "--engines '" + text +
                    "' is no engine:precision, such as onednn:bf16 (engines: onednn, torch, eager)");
  return c;
}

// "onnxruntime=node worker.mjs" as a case in fp32.
BenchCase parse_peer(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorKind::usage, "--peer '" + text + "' is no NAME=COMMAND");
  BenchCase c;
  c.engine = text.substr(0, equals);
  c.precision = "fp32";
  c.command = text.substr(equals + 1);
  return c;
}

std::vector<Row> measure(const Options& o, const std::string& size_text, int threads,
                         const std::string& model, double multiply_adds_a_half_voxel) {
  const Size3 size = parse_size(size_text);
  inference::check_size(size);
  double operations = 2 * multiply_adds_a_half_voxel;
  for (const std::int64_t n : size) {
    const std::int64_t half = (n + 1) / 2;
    operations *= double(half);
  }
  struct Turn {
    BenchCase what;
    std::unique_ptr<BenchWorker> worker;
    std::unique_ptr<inference::MachinePeak> peak;
    std::vector<double> seconds, peaks;
  };
  std::vector<BenchCase> cases;
  for (const std::string& text : o.engines) cases.push_back(parse_engine(text));
  for (const std::string& text : o.peers) cases.push_back(parse_peer(text));
  std::vector<Turn> turns;
  for (const BenchCase& what : cases) {
    Turn t;
    t.what = what;
    t.what.model = model;
    t.what.size = size;
    t.what.threads = threads;
    t.worker = std::make_unique<BenchWorker>(t.what);
    const std::string refusal = t.worker->start();
    if (!refusal.empty()) {
      spdlog::warn("{} {} left out: {}", t.what.engine, t.what.precision, refusal);
      continue;
    }
    t.worker->run();  // builds what a shape needs once
    t.peak = std::make_unique<inference::MachinePeak>(arithmetic_of(t.what.precision), threads);
    turns.push_back(std::move(t));
  }
  // In turn, so that whatever else the machine does meets all alike.
  for (int i = 0; i < o.repeat; ++i)
    for (Turn& t : turns) {
      for (int k = 0; k < 3; ++k) {
        const inference::MatrixProduct p = t.peak->run();
        t.peaks.push_back(p.operations / p.seconds);
      }
      t.seconds.push_back(t.worker->run());
    }
  std::vector<Row> rows;
  for (Turn& t : turns) {
    Row r{t.what.engine, t.what.precision, size_text, median(t.seconds)};
    r.gflops = operations / r.median_s / 1e9;
    r.share = operations / r.median_s / median(t.peaks);
    r.peak_mb = t.worker->peak_bytes() / 1e6;
    rows.push_back(r);
  }
  return rows;
}

// Where a oneDNN engine's time goes in its second pass.
void print_layers(const model::Model& model, const BenchCase& what) {
  inference::DnnlEngine engine(model, arithmetic_of(what.precision), what.threads);
  const std::vector<float> image(static_cast<std::size_t>(what.size[0] * what.size[1] * what.size[2]), 0.3f);
  for (int i = 0; i < 2; ++i) engine.run(image, what.size, [](auto, auto, auto) {});
  std::vector<std::pair<std::string, inference::LayerTime>> list(engine.times().begin(),
                                                                 engine.times().end());
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  std::printf("\n%s: where the time goes\n%-36s %10s %9s\n", what.precision.c_str(), "", "s", "GFLOP/s");
  for (const auto& [name, t] : list) {
    std::printf("%-36s %10.4f", name.c_str(), t.seconds);
    if (t.multiply_adds > 0) std::printf(" %9.0f", 2 * t.multiply_adds / t.seconds / 1e9);
    std::printf("\n");
  }
}

void bench(Options o) {
  const std::string model_path = o.model.empty() ? model::default_model().string() : o.model;
  const int threads = usable_cpus();
  if (!o.worker.empty())
    return serve_bench({o.worker, o.precision, model_path, "", parse_size(o.sizes.front()), threads});
  if (o.engines.empty()) {
    o.engines = {"onednn:fp32"};
    if (inference::cpu_has(inference::Arithmetic::bf16)) o.engines.push_back("onednn:bf16");
    if (inference::cpu_has(inference::Arithmetic::int8)) o.engines.push_back("onednn:int8");
    o.engines.insert(o.engines.end(), {"torch:fp32", "eager:fp32"});
  }
  for (const std::string& text : o.engines) parse_engine(text);
  const double work = inference::fold(model::read_model(model_path)).multiply_adds(1);
  std::vector<Row> rows;
  for (const std::string& size : o.sizes) {
    const auto more = measure(o, size, threads, model_path, work);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  if (o.json) {
    nlohmann::ordered_json list = nlohmann::json::array();
    for (const Row& r : rows)
      list.push_back({{"engine", r.engine},
                      {"precision", r.precision},
                      {"size", r.size},
                      {"threads", threads},
                      {"median_s", r.median_s},
                      {"gflops", r.gflops},
                      {"share_of_peak", r.share},
                      {"peak_mb", r.peak_mb}});
    std::cout << json_text(list, 2) << '\n';
    return;
  }
  std::printf("%-12s %-9s %-7s %10s %9s %14s %9s\n", "size", "engine", "type", "median s", "GFLOP/s",
              "share of peak", "peak MB");
  for (const Row& r : rows)
    std::printf("%-12s %-9s %-7s %10.3f %9.0f %13.0f%% %9.0f\n", r.size.c_str(), r.engine.c_str(),
                r.precision.c_str(), r.median_s, r.gflops, 100 * r.share, r.peak_mb);
  if (!o.layers) return;
  const model::Model model = model::read_model(model_path);
  for (const std::string& text : o.engines) {
    BenchCase what = parse_engine(text);
    if (what.engine != "onednn" || !inference::cpu_has(arithmetic_of(what.precision))) continue;
    what.size = parse_size(o.sizes.front());
    what.threads = threads;
    print_layers(model, what);
  }
}

}  // namespace

Action declare_bench(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("--size", o->sizes, "Volumes to run, DxHxW (slices, rows, columns)")
      ->type_name("DxHxW")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--engines", o->engines,
                 "Engines and precisions, such as onednn:bf16, torch:fp32, eager:fp32 (libtorch's own "
                 "operations alone); "
                 "all that this CPU has where not given")
      ->type_name("ENGINE:PRECISION");
  add_threads_option(app);
  app.add_option("--repeat", o->repeat, "Timed runs of each, in turn; the median counts")
      ->check(between(1, 1000))
      ->capture_default_str();
  app.add_option("--model", o->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--peer", o->peers, "NAME=COMMAND: another program that takes turns (bench/onnxruntime.mjs)")
      ->type_name("NAME=COMMAND")
      ->allow_extra_args(false);
  app.add_flag("--json", o->json,
               "Print one array of objects: engine, precision, size, threads, median_s, gflops, "
               "share_of_peak, peak_mb");
  app.add_flag("--layers", o->layers,
               "Also print where the oneDNN engines' time goes, by layer (padding counted as work)");
  app.add_option("--worker", o->worker, "One engine, told by its standard input when to run")->group("");
  app.add_option("--precision", o->precision, "Of --worker")->group("");
  return [o] { bench(*o); };
}

}  // namespace anatomynet::cli
