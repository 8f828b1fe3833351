#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/organs.h"

namespace anatomynet::curation {

/// One case of a data set on disk.
struct DatasetCase {
  std::string id;
  std::filesystem::path image, labels;
  std::vector<int> annotated;    ///< organ ids; an organ not listed is unknown there, never background
  std::map<int, float> weights;  ///< what an organ's annotation counts in the loss, where it is not 1
  std::vector<int>
      partial_extent;  ///< organ ids: the annotation says nothing beyond its first and last slice
  std::vector<std::filesystem::path> labels_over;  ///< further label maps, each laid over those before it
};

/// A data set in nnU-Net v2's layout: dataset.json (labels, file_ending), imagesTr/<id>_0000<ending>,
/// labelsTr/<id><ending>; or, as nnU-Net also allows, "dataset": {id: {"images": [path], "label": path}}.
/// Beyond nnU-Net's keys:
/// - "annotated": {id: [organ name, ...]}, or {id: {organ name: weight, ...}} where annotations are of
/// different
///   quality; a case not listed has all organs, each of weight 1.
/// - "partial_extent": {id: [organ name, ...]}: organs whose annotation says nothing beyond its first and
/// last slice.
/// - "label": a list of label maps instead of one; a later one lies over the others.
/// - "labels": {organ name: [value, ...]}: several values are one organ (a lens is part of its eye).
/// nnU-Net's
///   region-based labels, in which a value is in several regions, are refused.
/// - "description", "attribution".
/// Annotations of one scan by several people are cases of their own with the same image; such cases must be
/// on the same side of the split. Validation cases: the "val" list of the first fold in splits_final.json
/// beside dataset.json; training cases: its "train" list (without either, all). Cases without any annotated
/// organ are in neither.
struct DatasetFolder {
  OrganTable organs;  ///< in the order of their values; standard organs under their standard ids
  std::array<std::uint8_t, 256> organ_of_value{};  ///< value in the label files -> organ id (0: background)
  std::array<bool, 256> named_value{true};         ///< values that "labels" names; 0 always is
  std::string description, attribution;
  std::vector<DatasetCase> training, validation;
  std::vector<std::string> without_organs;  ///< of the split, but without an annotated organ
};

/// What a case without its image or label file costs: the whole set, before hours of training, or itself
/// alone, when it is read.
enum class AbsentFiles { cost_the_set, cost_the_case };

/// Reads dataset.json and finds the files; reads no image. Errors: Error(input) naming file, key and case:
/// missing or damaged dataset.json, an unknown organ in "annotated", a case without its image or label file,
/// a case of the split that the set does not have or that is on both sides, two labels for one organ,
/// region-based labels, nnU-Net's "ignore" label.
DatasetFolder read_dataset_folder(const std::filesystem::path& folder,
                                  AbsentFiles absent = AbsentFiles::cost_the_set);

}  // namespace anatomynet::curation
