#include "inference/torch/cuda_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace anatomynet::inference {

struct CudaGraph::State {
  std::function<void()> work;  // keeps the tensors alive that the graph uses
  at::cuda::CUDAGraph graph;
};

CudaGraph::CudaGraph(std::function<void()> work) : state_(std::make_unique<State>()) {
  state_->work = std::move(work);
  const c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream();
  const c10::cuda::CUDAStream side = c10::cuda::getStreamFromPool();  // the default stream cannot be recorded
  before.synchronize();
  {
    const c10::cuda::CUDAStreamGuard guard(side);
    for (int i = 0; i < 2; ++i) state_->work();  // cuDNN chooses its algorithms
    side.synchronize();
    state_->graph.capture_begin();
    state_->work();
    state_->graph.capture_end();
  }
  side.synchronize();
  replay();
}

CudaGraph::~CudaGraph() = default;

void CudaGraph::replay() { state_->graph.replay(); }

}  // namespace anatomynet::inference
