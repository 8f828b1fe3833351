#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/organs.h"
#include "model/evidence.h"
#include "model/hu_curves.h"
#include "model/organ_ends.h"
#include "model/refinement.h"
#include "model/shape_prior.h"
#include "model/tensor_file.h"

namespace anatomynet::model {

/// What a weights file says about itself; everything a user or an engine needs beside the weights.
struct ModelInfo {
  std::string name;             ///< such as "openkbp-4organs"; with the weights' checksum it is the model id
  std::string architecture;     ///< a name of network/network.h
  OrganTable organs;            ///< output channel 1 + i is organs[i]; channel 0 is background
  double hu_low = -1024;        ///< HU that becomes 0
  double hu_high = 3071;        ///< HU that becomes 1; outside is clipped
  std::optional<Vec3> spacing;  ///< mm (x, y, z) that the network expects; none: the CT's own
  bool phantom_only = false;    ///< trained on synthetic patients alone: never for a real one
  std::string training_data;    ///< which data, how many cases
  std::string attribution;      ///< whom to credit, licence
  std::string metrics;          ///< JSON text: validation figures that the training printed
  std::string engines;  ///< JSON text: what inference knows of these weights (inference/engine_notes.h)
  std::string lineage;  ///< JSON text: which weights these were adapted from, and how; empty: from none
  std::string code_version;
  std::vector<OrganEvidence> evidence;  ///< how good each organ was found to be; empty: not stated
  std::vector<ShapePrior>
      shape_priors;  ///< of organs that are placed by their neighbours; kept beside the weights
  std::vector<OrganHuCurve> hu_curves;  ///< what the CT's own HU adds to organs' scores
  std::vector<OrganEnds> organ_ends;    ///< where a clinic ends organs, of adapted weights
  std::vector<Refinement> refinements;  ///< networks that draw small organs anew; kept beside the weights
};

struct Model {
  ModelInfo info;
  TensorFile weights;  ///< the authors' tensor names, float32; without those of shape priors and refinements
  /// Name, and 12 digits of a SHA-256 of the whole description (organs, HU window, spacing, what inference
  /// knows of the weights) and of every tensor: two models of one id make the same contours.
  std::string id;
  std::string weights_id;  ///< a checksum of the tensors alone, by which notes about them are told apart
};

/// Reads and checks a weights file: format version, known fields, organs, window, finite weights (named by
/// tensor). Whether names and shapes fit the architecture is the network's to check. Errors: Error(model).
Model read_model(const std::filesystem::path& path);

/// The same of a whole file's bytes; `what` names them in messages.
Model read_model(std::span<const std::byte> file, const std::string& what);

/// Writes info and weights; throws Error(model) on non-finite weights.
void write_model(const std::filesystem::path& path, const ModelInfo& info, std::vector<NamedTensor> weights);

}  // namespace anatomynet::model
