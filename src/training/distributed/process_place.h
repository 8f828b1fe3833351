#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace anatomynet::training {

/// Which of the processes that train one model together this one is, and where they meet.
struct ProcessPlace {
  int rank = 0, size = 1;
  int local_rank = 0, local_size = 1;  ///< among the processes of this host
  std::string address = "127.0.0.1";   ///< of process 0
  std::uint16_t port = 29500;
  std::chrono::milliseconds timeout = std::chrono::minutes(5);  ///< how long to wait for the others
};

}  // namespace anatomynet::training
