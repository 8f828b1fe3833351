#pragma once
#include <map>
#include <string>

#include "core/organs.h"
#include "core/volume.h"
#include "evaluation/boxed_mask.h"

namespace anatomynet::report {

/// Pictures of the organs of one case, predicted and true (comparison.h). Where structures overlap, the later
/// one in the order of their names shows.
class ComparedPictures {
 public:
  using Masks = std::map<std::string, evaluation::BoxedMask>;  ///< by organ, all on the CT's grid

  /// `ct`: axes nearest to L, P, S; outlives this.
  ComparedPictures(const CtVolume& ct, const Masks& predicted, const Masks& truth);

  /// A PNG file of one organ, on the slice where the two differ most.
  std::string png(const std::string& organ, const std::string& caption) const;

 private:
  const CtVolume& ct_;
  OrganTable organs_;
  LabelVolume predicted_, truth_;
};

}  // namespace anatomynet::report
