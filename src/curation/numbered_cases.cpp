#include "curation/numbered_cases.h"

#include <cstdio>
#include <map>

namespace anatomynet::curation {

void number_cases(PatientKey& key, const std::string& source, const Source& from,
                  std::vector<CaseRef>& cases) {
  std::vector<PatientIdentity> patients = from.patients();
  for (const CaseRef& ref : cases)
    patients.push_back({ref.patient, ref.aliases, {}, !ref.id_tells && ref.patient == ref.id});
  key.add(source, patients);
  std::map<int, int> scans;
  for (CaseRef& ref : cases) {
    ref.patient_number = key.number(source, ref.patient);
    if (!ref.id_tells) continue;
    const int n = ++scans[ref.patient_number];
    char id[64];
    std::snprintf(id, sizeof id, n > 1 ? "patient-%03d_%d" : "patient-%03d", ref.patient_number, n);
    ref.id = id;
  }
}

}  // namespace anatomynet::curation
