#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/warning.h"
#include "io/ct_image.h"

namespace anatomynet::pipeline {

/// One patient of a batch.
struct BatchCase {
  std::string name;      ///< of its folder in the output: where it lies in the input, '/' as '_'; unique
  std::string identity;  ///< changes with the data: series UID, and names, sizes and times of the files
  std::filesystem::path path;  ///< absolute: the folder or file that is read
  std::string series_uid;      ///< of a DICOM series that was found in a folder
  std::function<io::CtImage()> read;
};

/// What the data of a case is known by without being named: a checksum of its identity; empty where it has
/// none.
std::string input_id_of(const BatchCase& batch_case);

/// The CTs of a folder, at any depth, in the order of their names: every CT series of DICOM files, and every
/// NIfTI, NRRD or MetaImage file whose name fits `match` (* and ?). Or those of a text file that names one a
/// line (UTF-8, with or without byte order mark), each a DICOM folder or a file, relative to the text file;
/// empty lines and lines of # are left out. A DICOMDIR stands for the folder that it lies in. `reading` is
/// how each is read. What is damaged or absent does not stop the search: its case fails when it is read.
/// `warnings` tell of files of a folder that are of no case.
/// Throws Error(input) where nothing is found or `input` cannot be read.
std::vector<BatchCase> batch_cases(const std::filesystem::path& input, const std::string& match,
                                   const io::ReadOptions& reading, std::vector<Warning>& warnings,
                                   const Progress& progress);

}  // namespace anatomynet::pipeline
