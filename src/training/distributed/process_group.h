#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "training/distributed/process_place.h"

namespace anatomynet::training {

/// The processes that train one model together, on libtorch's c10d with Gloo, tensors on a GPU by NCCL where
/// the build has it (training/distributed/gpu_group.h). All of them must make the same calls in the same
/// order; every result is the same, bit for bit, in all of them. Alone (size 1) nothing is sent and every
/// call gives what it was given.
///
/// A process that ends or falls silent for longer than the timeout makes the calls of all others throw
/// Error(peer_lost) in one line that names it and, where it could still say so, why it ended.
class ProcessGroup {
 public:
  ProcessGroup();  ///< one process alone
  /// Meets the others. Error(peer_lost) where they do not come, Error(usage) where the address cannot be used
  /// or the build's libtorch has no c10d.
  explicit ProcessGroup(const ProcessPlace& place);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  bool first() const { return place_.rank == 0; }

  /// Each tensor becomes the sum of its counterparts. Tensors of one type and device are sent together, in
  /// flat buckets of at most `bucket_bytes` (a larger tensor alone).
  void sum(const std::vector<torch::Tensor>& tensors);
  /// Each tensor becomes that of process 0.
  void broadcast(const std::vector<torch::Tensor>& tensors);
  std::string broadcast(const std::string& text);
  /// One text a process, in their order.
  std::vector<std::string> gather(const std::string& text);
  /// True where any process says so.
  bool any(bool here);
  void barrier();

  /// Runs `work`; where it throws an Error of this process, the others are told why before it goes on.
  void run(const std::function<void()>& work);

  static constexpr std::int64_t bucket_bytes = std::int64_t{2} << 20;

 private:
  struct Connection;
  template <class Call>
  void call(const char* what, Call&& what_to_do);

  ProcessPlace place_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace anatomynet::training
