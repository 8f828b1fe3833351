#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/label_boxes.h"
#include "io/ct_image.h"
#include "pipeline/contour_case.h"

namespace anatomynet::pipeline {

/// Contours a box of a CT anew: what the network alone draws there, without shape priors and post-processing.
/// The network sees `context_mm` of CT around the box. One box at a time in the whole process; for any number
/// of threads.
class BoxContourer {
 public:
  /// Reads the weights; the engine is made for the first box. Throws Error(model).
  BoxContourer(std::filesystem::path weights, EngineMaker make, inference::EngineOptions options);

  const std::string& model_id() const { return model_.id; }
  const std::string& model_name() const { return model_.info.name; }
  bool phantom_only() const { return model_.info.phantom_only; }  ///< learnt from synthetic patients alone
  /// Whether the network draws the organ, by its TG-263 name; those that are placed by their shape it does
  /// not.
  bool draws(const std::string& organ) const;
  /// Their names, separated by commas.
  std::string drawn() const;

  /// The organ's voxels in `box` of the CT (of `on_slices` where slices lie unevenly), x fastest, 1 inside;
  /// nothing where another box is being contoured. Throws Error(usage) for an organ that is not drawn and for
  /// a box that is larger than `most_voxels` of the network's with its context, which keeps memory and time
  /// within bounds; Error(input) for one that is empty or leaves the volume; Error(memory).
  std::optional<std::vector<std::uint8_t>> contour(const io::CtImage& ct, const std::string& organ,
                                                   const LabelBox& box);

  static constexpr double context_mm = 48;
  static constexpr std::int64_t most_voxels = 8'000'000;

 private:
  const std::filesystem::path weights_;
  const EngineMaker make_;
  const inference::EngineOptions options_;
  const model::Model model_;
  std::shared_ptr<inference::Engine> engine_;
};

}  // namespace anatomynet::pipeline
