#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/hu_scores.h"
#include "core/organs.h"
#include "core/volume.h"
#include "model/tensor_file.h"

namespace anatomynet::model {

/// A second network for organs that are a few voxels wide on the grid of the first: about what the first one
/// draws of the organ it sees a box of the CT on a finer grid, and draws the organ there anew. Both sides of
/// a paired organ share one network, which sees the one side mirrored.
struct Refinement {
  struct Seen {
    std::string organ;      ///< TG-263 name
    bool mirrored = false;  ///< left and right exchanged before the network and after it
    HuCurve curve;          ///< what the CT's HU adds to the organ's logit (core/hu_scores.h); may be empty
  };
  std::vector<Seen> organs;
  std::string architecture;        ///< a name of network/network.h; two channels: background and the organ
  Size3 size{};                    ///< voxels of the box; its axes run nearest to L, P and S
  Vec3 spacing{};                  ///< mm
  double hu_low = 0, hu_high = 0;  ///< HU that become 0 and 1
  std::string source;              ///< which scans and contours it is made from
  std::string attribution;
  std::vector<NamedTensor> weights;  ///< under the authors' tensor names
};

/// Its organs as a list "Glnd_Submand_L, Glnd_Submand_R".
std::string organs_of(const Refinement& refinement);

/// The refinements as a weights file describes them; the weights of the first are tensors called
/// "refinement.0.<name>", and so on.
nlohmann::json refinements_to_json(const std::vector<Refinement>& refinements);
void add_refinement_tensors(const std::vector<Refinement>& refinements, std::vector<NamedTensor>& tensors);

/// Takes the refinements of a description (an array, or null) and their tensors out of `tensors`. Missing or
/// ill-typed fields throw json exceptions; tensors that belong to none, or none at all, Error(model).
std::vector<Refinement> take_refinements(const nlohmann::json& list, std::vector<NamedTensor>& tensors,
                                         const std::string& what);

/// Throws Error(model) unless each organ is one of `organs`, in one refinement, and every figure is one.
/// Whether the weights fit the architecture is the network's to check.
void check_refinements(const std::vector<Refinement>& refinements, const OrganTable& organs,
                       const std::string& what);

}  // namespace anatomynet::model
