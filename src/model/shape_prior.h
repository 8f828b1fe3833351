#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/organs.h"
#include "core/volume.h"
#include "model/tensor_file.h"

namespace anatomynet::model {

/// Which point of an organ a landmark is.
enum class LandmarkPart {
  centre,  ///< the centroid
  top,     ///< the centroid of its uppermost 10 mm
  placed   ///< a point of the organ's own prior, where that is placed
};

struct Landmark {
  std::string organ;  ///< TG-263 name
  LandmarkPart part = LandmarkPart::centre;
  double low_ml = 0, high_ml = 0;  ///< volume of the piece that can be this organ; not of a placed one
  Vec3 at{};                       ///< mm in the prior's frame
  Vec3 of{};                       ///< of a placed one: mm in the frame of the organ's own prior
};

/// How a shape finds its place.
enum class ShapePlacing {
  by_neighbours,  ///< by a rigid fit through landmarks of other organs, and the CT around
  where_found,    ///< at the centre of what the network draws of the organ, and by the CT around
  between         ///< between two points of organs that are placed by their shape, stretched along the way
};

/// What experts' masks of other patients say about an organ: of one that a network can hardly see, where it
/// lies by its neighbours, and its shape; of one that looks alike in everybody, such as the eye, its shape,
/// laid where the network finds it; of one that runs from one such organ to another, such as the optic nerve,
/// its shape between them. Positions are mm in the prior's frame, whose axes run to L, P and S.
struct ShapePrior {
  std::string organ;  ///< TG-263 name of the organ that is drawn
  /// Three or more of other organs, not on a line, the others being looked for by the first; or one, the
  /// organ's own centre: then the shape is not turned; or two that are placed, by priors that stand before
  /// this one.
  std::vector<Landmark> landmarks;
  Volume<float> probability;   ///< share of the masks that hold a point, 0..1
  double threshold = 0.5;      ///< the organ is where the probability is as high
  Volume<float> surroundings;  ///< mean HU around the organ, clipped to [hu_low, hu_high]; none if between
  double hu_low = 0, hu_high = 0;
  std::string source;  ///< which masks and CTs it is made from
  std::string attribution;
};

ShapePlacing placing_of(const ShapePrior& prior);

/// Whether the organ lies where the network finds it, and its shape alone is the prior's.
bool lies_where_found(const ShapePrior& prior);

/// Whether this organ is drawn by its shape, wherever the network draws it.
bool is_placed_by_shape(const std::vector<ShapePrior>& priors, const std::string& organ);

/// The priors as a weights file describes them; their arrays are tensors beside the weights, z, y, x in
/// order: "shape_prior.<organ>.probability" and "shape_prior.<organ>.surroundings".
nlohmann::json shape_priors_to_json(const std::vector<ShapePrior>& priors);
void add_shape_tensors(const std::vector<ShapePrior>& priors, std::vector<NamedTensor>& tensors);

/// Takes the priors of a description (an array, or null) and their tensors out of `tensors`. Missing or
/// ill-typed fields throw json exceptions; tensors that are missing, left over or do not fit, Error(model).
std::vector<ShapePrior> take_shape_priors(const nlohmann::json& list, std::vector<NamedTensor>& tensors,
                                          const std::string& what);

/// Throws Error(model) unless the priors can be placed: their organs are among `organs`, their landmarks span
/// a plane, and every figure is one.
void check_shape_priors(const std::vector<ShapePrior>& priors, const OrganTable& organs,
                        const std::string& what);

}  // namespace anatomynet::model
