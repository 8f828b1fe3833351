#pragma once
#include <string>

#include "core/names.h"
#include "core/organs.h"

namespace anatomynet::core {

/// SNOMED CT's code of a side (DICOM PS3.16, CID 244) and its meaning; both empty for none.
struct SideCode {
  const char* code = "";
  const char* meaning = "";
};
SideCode side_code(Laterality side);

/// The organ of `organs` with a SNOMED CT code and the code of its side; organs without a side take any. Null
/// where there is none.
const Organ* find_coded(const OrganTable& organs, const std::string& code, const std::string& side);

/// What is to be said where a structure is called as one organ and coded as another, such as its other side;
/// empty where name and code agree or either tells nothing.
std::string name_against_code(const OrganTable& organs, const std::string& named, const std::string& code,
                              const std::string& side);

}  // namespace anatomynet::core
