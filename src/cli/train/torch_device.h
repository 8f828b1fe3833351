#pragma once
#include <string>

#include <c10/core/Device.h>

namespace anatomynet::cli {

/// The device of --device auto, cpu or cuda; of several GPUs that of the process's rank on its host. Throws
/// Error(usage) for one that this libtorch does not see.
c10::Device torch_device(const std::string& name, int local_rank = 0);

}  // namespace anatomynet::cli
