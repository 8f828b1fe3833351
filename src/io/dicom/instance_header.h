#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"

namespace anatomynet::io {

/// What a DICOM file says it is, up to its pixels. UIDs as stored, without padding; empty where absent.
struct InstanceHeader {
  std::string sop_class, sop_instance_uid, study_uid, series_uid, modality;
  std::string patient_id, patient_name;     ///< UTF-8
  std::int64_t series_instances = 0;        ///< Number of Series Related Instances (0020,1209); 0: not said
  std::map<std::string, std::string> tags;  ///< by keyword, UTF-8, several values with '\' between them
};

/// Reads a file's header, and the top-level elements of `keywords` (PS3.6, such as StudyDescription). Throws
/// Error(input) where it is no DICOM or damaged before its pixels, Error(usage) for an unknown keyword.
InstanceHeader read_instance_header(const std::filesystem::path& file,
                                    const std::vector<std::string>& keywords = {});

/// A new random UID under 2.25 (PS3.5 B.2).
std::string random_uid();

/// What made a CT, as its header says (PS3.3 C.7.5.1, C.8.2.1): UTF-8, empty where it says nothing.
struct ScannerFacts {
  std::string manufacturer, model, kernel, kvp, slice_thickness_mm, contrast_agent;
};

/// Of a DICOM file, or of the first file of a folder that is of the series (empty: of any CT). All empty
/// where there is none that can be read.
ScannerFacts scanner_of(const std::filesystem::path& file_or_folder, const std::string& series_uid = {});

/// Whether PS3.6 has the keyword.
bool is_dicom_keyword(const std::string& keyword);

/// Transfer syntaxes whose CTs read_ct reads, preferred ones first.
std::vector<std::string> readable_transfer_syntaxes();

}  // namespace anatomynet::io
