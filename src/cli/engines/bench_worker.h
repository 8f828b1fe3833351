#pragma once
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/grid.h"
#include "inference/engine.h"

namespace anatomynet::cli {

/// What a worker runs. `engine` is one of EngineOptions, or "eager": libtorch's own operations alone.
struct BenchCase {
  std::string engine, precision, model;
  std::string command;  ///< of a peer, for the shell, instead of this program
  Size3 size{};
  int threads = 0;
};

/// A process of its own for one engine, so that the memory it takes is its own. It loads the engine, then
/// runs when told, so that several can take turns.
class BenchWorker {
 public:
  explicit BenchWorker(const BenchCase& what);
  ~BenchWorker();
  BenchWorker(const BenchWorker&) = delete;
  BenchWorker& operator=(const BenchWorker&) = delete;

  /// Empty once the engine is ready, else why it is not.
  std::string start();
  double run();         ///< seconds of one pass
  double peak_bytes();  ///< largest resident size of the process; ends it

 private:
  std::string ask(const std::string& word);
  BenchCase what_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
};

/// The worker's side: what `anatomynet bench --worker` does.
void serve_bench(const BenchCase& what);

}  // namespace anatomynet::cli
