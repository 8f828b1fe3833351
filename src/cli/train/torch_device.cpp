#include "cli/train/torch_device.h"

#include <torch/cuda.h>

#include "core/error.h"

namespace anatomynet::cli {

c10::Device torch_device(const std::string& name, int local_rank) {
  const bool cuda = torch::cuda::is_available();
  if (name == "cpu" || (name == "auto" && !cuda)) return c10::DeviceType::CPU;
  if (name == "auto" || (name == "cuda" && cuda)) {
    const auto devices = static_cast<int>(torch::cuda::device_count());
    return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(local_rank % devices)};
  }
  throw Error(ErrorKind::usage, "--device " + name + ": this libtorch sees no such device; use cpu");
}

}  // namespace anatomynet::cli
