#pragma once
#include <functional>
#include <memory>

namespace anatomynet::inference {

/// Work on the GPU that is recorded once and then started as a whole. The work must always use the same
/// tensors. cuda_graph.cpp, or cuda_graph_absent.cpp in a build without CUDA, where the work simply runs
/// again.
class CudaGraph {
 public:
  /// Runs the work (three times in all with CUDA: two to warm up, one to record).
  explicit CudaGraph(std::function<void()> work);
  ~CudaGraph();
  void replay();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::inference
