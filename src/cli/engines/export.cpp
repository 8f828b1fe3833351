#include <memory>
#include <random>

#include <spdlog/spdlog.h>

#include "cli/app/command_line.h"
#include "core/error.h"
#include "core/output.h"
#include "inference/make_engine.h"
#include "inference/onnx/onnx_export.h"
#include "model/shipped_models.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::string model, onnx, check;
};

// Images of noise and the oneDNN engine's logits of them, raw floats, for bench/check_onnx.mjs.
void write_references(const std::filesystem::path& folder, const model::Model& model) {
  const auto engine = inference::make_engine(model, {"auto", 0, "fp32"});
  OutputFolder out(folder);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> value(0, 1);
  for (const Size3& size : {Size3{24, 32, 16}, Size3{31, 27, 19}, Size3{56, 40, 33}}) {
    std::vector<float> image(static_cast<std::size_t>(size[0] * size[1] * size[2]));
    for (float& v : image) v = value(random);
    const std::string name =
        std::to_string(size[2]) + "x" + std::to_string(size[1]) + "x" + std::to_string(size[0]);
    const auto bytes = [](const std::vector<float>& list) {
      return std::string(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(float));
    };
    write_file_atomically(out.stage(name + ".image"), bytes(image));
    write_file_atomically(out.stage(name + ".logits"), bytes(inference::all_logits(*engine, image, size)));
  }
  out.commit();
}

void run(const Options& o) {
  const std::string path = o.model.empty() ? model::default_model().string() : o.model;
  const model::Model model = model::read_model(path);
  try {
    write_file_atomically(o.onnx, inference::onnx_of(model));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model) throw error.within(path);
    throw;
  }
  if (!o.check.empty()) write_references(o.check, model);
  const model::ModelInfo& info = model.info;
  if (!info.hu_curves.empty() || !info.organ_ends.empty() || !info.shape_priors.empty() ||
      !info.refinements.empty())
    spdlog::warn(
        "{} is the network alone: HU curves, ends, shapes and second networks of organs, which segment "
        "applies after it, are not in it",
        o.onnx);
  spdlog::info("{} written to {}", model.id, o.onnx);
}

}  // namespace

Action declare_export(CommandLine& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("--model", o->model, "Weights file; the shipped clinical-CT weights where not given")
      ->type_name("FILE");
  app.add_option("--onnx", o->onnx, "ONNX model to write (opset 13; any volume size)")
      ->type_name("FILE")
      ->required();
  app.add_option("--check", o->check, "Also write images and logits to compare with, for bench/check-onnx")
      ->type_name("DIR");
  return [o] { run(*o); };
}

}  // namespace anatomynet::cli
