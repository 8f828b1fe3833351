#pragma once
#include <string>
#include <vector>

#include "curation/patient_key.h"
#include "curation/source.h"

namespace anatomynet::curation {

/// Adds a source's patients to the key and gives each case its patient's number. Cases whose id tells who the
/// patient is are called patient-001, further scans of the same patient patient-001_2 and so on, in the order
/// of `cases`.
void number_cases(PatientKey& key, const std::string& source, const Source& from,
                  std::vector<CaseRef>& cases);

}  // namespace anatomynet::curation
