#include "inference/torch/cuda_graph.h"

namespace anatomynet::inference {

struct CudaGraph::State {
  std::function<void()> work;
};

CudaGraph::CudaGraph(std::function<void()> work) : state_(std::make_unique<State>(State{std::move(work)})) {
  replay();
}

CudaGraph::~CudaGraph() = default;

void CudaGraph::replay() { state_->work(); }

}  // namespace anatomynet::inference
