#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "core/confidence.h"
#include "core/label_boxes.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"
#include "inference/engine.h"
#include "model/refinement.h"

namespace anatomynet::inference {

/// How what the second network draws of an organ agrees with what the first one drew.
struct Redrawn {
  int id = 0;            ///< of the organ
  double agreement = 0;  ///< Dice of the two
  bool kept = false;     ///< the first one's contour stays
};

/// What the second network says of an organ on the CT's voxels whose centres lie in the organ's box.
struct OrganMargins {
  int id = 0;
  LabelBox box;                ///< of these voxels
  std::vector<float> margins;  ///< logits of the organ less those of the background, x fastest
};

/// Draws the organs of a weights file's refinements anew (model/refinement.h): about the largest piece of
/// what the network drew of an organ a box of the CT is interpolated, and the organ is where the second
/// network's logit, on the CT's voxels (inference/box_sampling.h), is above the background's; the
/// organ's HU curve, where it has one, adds to it. Voxels of other organs stay theirs, and
/// what the first network drew of the organ elsewhere goes. Where the second network finds nothing, or the
/// two share less than half of the smaller one, the first one's contour stays. In fp32 whatever the first
/// network's precision: boxes are small. Threads: `refine` works the engines, one thread at a time.
class Refiner {
 public:
  /// Makes the engine of one network; of `make_engine` or what a program gives.
  using Maker = std::function<std::shared_ptr<Engine>(const model::Model&)>;

  /// `organs`: the labels' ids. Throws as `make` does; messages of Error(model) name the refinement.
  Refiner(const std::vector<model::Refinement>& refinements, const OrganTable& organs, const Maker& make);

  /// `labels` and `ct` lie on one grid whose axes run nearest to L, P and S; `uneven`: where its voxels lie
  /// along one of them. `confidence`, where it is not empty, gets that of the organs drawn anew.
  /// Returns an entry for each organ of which the first network drew something. The networks' own time is
  /// added to `network_seconds`, where given.
  std::vector<Redrawn> refine(const CtView& ct, const AxisPositions* uneven, LabelVolume& labels,
                              Confidence& confidence, double* network_seconds = nullptr);

  /// The same networks with the HU curves of other refinements, of the same organs.
  Refiner with_curves(const std::vector<model::Refinement>& refinements) const;

  /// What `refine` decides by, of each organ that the first network drew.
  std::vector<OrganMargins> look(const CtView& ct, const AxisPositions* uneven, const LabelVolume& labels);

  /// Bytes of the host's memory that it needs beyond labels and CT.
  std::int64_t memory_needed() const;

 private:
  struct Organ {
    int id = 0;
    bool mirrored = false;
    HuCurve curve;
  };
  struct Network {
    std::vector<Organ> organs;
    std::shared_ptr<Engine> engine;
    Size3 size{};
    Vec3 spacing{};
    float hu_low = 0, hu_scale = 1;
  };
  // `found`: where the first network drew the organ.
  static OrganMargins look_at(const Organ& organ, const Network& network, const CtView& ct,
                              const AxisPositions* uneven, const LabelVolume& labels, const LabelBox& found,
                              double* seconds);
  // The organ's logits less the background's, on a box of the CT.
  static std::vector<float> margins_in(const Grid& box, const CtView& ct, const AxisPositions* uneven,
                                       const Network& network, bool mirrored, double* seconds);

  std::vector<Network> networks_;
};

/// None for weights without refinements. `options` are those of the first network; precision is fp32.
std::shared_ptr<Refiner> make_refiner(
    const model::ModelInfo& info, const EngineOptions& options,
    const std::function<std::unique_ptr<Engine>(const model::Model&, const EngineOptions&)>& make);

}  // namespace anatomynet::inference
