#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "io/ct_image.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/image_references.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::curation {

/// The CT that a structure set was drawn on, from a folder that may hold several: the only one, or that of
/// the options' series, or the one that CtFinder finds (correspondence.h). Errors as read_ct.
io::CtImage read_ct_of(const io::StructureSet& set, const std::filesystem::path& ct,
                       const io::ReadOptions& options, const Progress& progress = {});
/// The same for a segmentation, of which its references are known.
io::CtImage read_ct_of(const io::ImageReferences& drawn, const std::filesystem::path& ct,
                       const io::ReadOptions& options, const Progress& progress = {});

/// Of the structure sets below `folder` the one that was drawn on a CT of `ct` (an image file: the only one).
/// Throws Error(input) where none was, or several, naming them.
std::filesystem::path structure_set_for(const std::filesystem::path& folder, const std::filesystem::path& ct,
                                        const std::string& series_uid);

}  // namespace anatomynet::curation
