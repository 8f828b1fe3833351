#pragma once
#include <memory>

#include "core/progress.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"
#include "inference/engine.h"
#include "inference/refiner.h"

namespace anatomynet::inference {

struct Segmentation {
  LabelVolume labels;            ///< organ ids on exactly the CT's grid
  Confidence confidence;         ///< of each organ found; empty where labels were made on a GPU
  std::vector<Redrawn> redrawn;  ///< organs that a second network draws
  Grid network_grid;             ///< where the network worked
  double network_seconds = 0;    ///< the engines' own time
  double total_seconds = 0;      ///< from HU to labels
};

/// A CT to organ labels: axes turned nearest to L, P, S, resampled to the model's spacing, HU window to [0,
/// 1], the whole volume through the engine at once, and back onto the CT's own grid, where the highest
/// interpolated score wins. Then a refiner, where there is one, draws its organs anew. A CT whose axes lie
/// further than `most_oblique` from the patient's is first interpolated on a grid along them, so that the
/// network sees the patient upright, and its labels are interpolated back. The same CT gives the same labels
/// bit for bit, whatever the number of threads. Threads: `run` works the engine, so it is for one thread at a
/// time, also among segmenters that share an engine; the others may be called meanwhile.
class Segmenter {
 public:
  /// `memory_limit`: bytes that a run may take, where that is less than the machine has; 0: no limit of its
  /// own. `refiner`: of the model's refinements (make_refiner); none: the network's labels as they are.
  Segmenter(const model::ModelInfo& info, std::shared_ptr<Engine> engine, std::int64_t memory_limit = 0,
            std::shared_ptr<Refiner> refiner = {});

  /// `progress` may throw to end the run. Throws Error(input) for a volume that is too small for the network,
  /// Error(memory), before any work, where the estimate exceeds the limit or what the machine has available
  /// (both figures in the message).
  Segmentation run(const CtView& ct, const Progress& progress = {});

  /// The same for a CT on uneven slices (its grid is `slices.on_slices()`): interpolated from where the
  /// slices are and labelled there. The labels come on the even grid, which shows each slice's.
  Segmentation run(const CtView& ct, const UnevenSlices& slices, const Progress& progress = {});

  /// Degrees; half of what training turns patients by.
  static constexpr double most_oblique = 5;

  /// The grid on which the network would see a CT of this grid, and the bytes that a run would need.
  Grid network_grid(const Grid& ct) const;
  std::int64_t memory_needed(const Grid& ct) const;

 private:
  // `even`: the grid whose box the network sees; that of `ct` but for uneven slices.
  Segmentation run_along_axes(const CtView& ct, const Grid& even, const UnevenSlices* slices,
                              const Progress& progress);
  void require_fit(const Grid& ct) const;
  void require_memory(const Grid& ct) const;

  model::ModelInfo info_;
  std::shared_ptr<Engine> engine_;
  std::int64_t memory_limit_;
  std::shared_ptr<Refiner> refiner_;
};

}  // namespace anatomynet::inference
