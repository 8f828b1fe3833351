#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/known_organs.h"
#include "core/uneven_slices.h"
#include "curation/dataset_folder.h"
#include "evaluation/boxed_mask.h"
#include "geometry/rasterise.h"
#include "io/dicom/image_references.h"

namespace anatomynet::evaluation {

/// The structures of one case by name (TG-263 for the known organs). An empty one is known to be absent; one
/// that is not listed is unknown.
struct Structures {
  Grid grid;                             ///< axes nearest to L, P, S
  std::optional<UnevenSlices> uneven{};  ///< the CT's slices where they are known to lie unevenly
  std::map<std::string, BoxedMask> organs;
  std::vector<std::string> warnings;
  io::ImageReferences references;  ///< the images that they were made on; none() where the files do not say
  std::string misplaced{};         ///< where no contour lies in the volume: that, as an error says it
};

/// Where one case's structures lie.
struct CaseFile {
  std::string id;
  std::filesystem::path path;          ///< label map, folder of masks, segment's output folder, RTSTRUCT, SEG
  std::filesystem::path image;         ///< its CT where known, for pictures; empty otherwise
  std::vector<std::string> annotated;  ///< data set: organs that are annotated in this case
  const curation::DatasetFolder* data_set = nullptr;  ///< data set: what its label values mean
  const curation::DatasetCase* data_case = nullptr;   ///< data set: the case in it, with all its label maps
};

/// Cases found, and the data sets that they refer to.
struct CaseFiles {
  std::vector<CaseFile> cases;
  std::vector<std::shared_ptr<const curation::DatasetFolder>> data_sets;
};

/// The cases under some paths:
///  - an image file: a label map; its id is the name without extension and "_labels", "_seg", "_pred", or the
///    folder's name for names like labels.nii.gz; an RTSTRUCT or
///    a DICOM Segmentation, whatever the file is called;
///  - a folder with labels.nii.gz (what `segment` writes): one case; organs of its summary.json that have no
///    voxel are known to be empty;
///  - a folder with structures/ (PDDCA), and one whose images bear names of organs: masks of one case;
///  - a folder with dataset.json (nnU-Net v2): its cases, annotated organs only;
///  - any other folder: a case for each label map, else whatever its folders hold.
/// Ids that folders share get the parent's name instead. Errors: Error(input) for a path that holds no case
/// and for two cases of one id.
CaseFiles find_cases(const std::vector<std::filesystem::path>& paths);

/// The grid, axes nearest to L, P, S, on which contours are filled and segmentations placed; with the CT's
/// slices where they lie unevenly, of which it is the even grid.
struct Frame {
  Grid grid;
  std::optional<UnevenSlices> uneven{};
};

/// What the values of a label map mean.
struct LabelNames {
  OrganTable organs = known_organs();
  std::vector<int> stated{};  ///< values that the user named; of others it is said what they are taken for
};

/// Reads one case. `labels` names label values; `frame` may be null; `filling` is how slices without contours
/// are treated. Errors: Error(input) naming the file: a value that no organ has, a mask with two values,
/// masks of one case on different grids, an RTSTRUCT without `frame`.
Structures read_structures(const CaseFile& file, const LabelNames& labels, const Frame* frame,
                           const geometry::RasteriseOptions& filling = {});

/// Contours have no grid of their own; a DICOM Segmentation often has only the slices with something on them.
bool needs_frame(const CaseFile& file);
bool wants_frame(const CaseFile& file);

/// The smallest grid that holds both, where one goes on the other's voxels (to 0.01 mm); none where not.
std::optional<Grid> grid_around(const Grid& a, const Grid& b);

/// The grid with as many more slices of its own kind as the organs' contours of an RTSTRUCT lie on.
Grid with_slices_of(const Grid& grid, const std::filesystem::path& rtstruct);

/// The same structures on a grid that theirs is a part of.
void place(Structures& structures, const Grid& whole);

/// The structure on another grid with the same axes: interpolated linearly, inside above one half.
BoxedMask resampled(const BoxedMask& mask, const Grid& target);

}  // namespace anatomynet::evaluation
