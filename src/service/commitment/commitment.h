#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "service/store/job.h"

// Storage commitment by the push model (PS3.4 annex J): a destination is asked whether it keeps what it took,
// by N-ACTION, and answers by N-EVENT-REPORT, at once or later. Internal to the service module.
namespace anatomynet::service {

/// Of the one SOP instance that there is (PS3.4 J.3.5).
inline constexpr const char* commitment_instance = "1.2.840.10008.1.20.1.1";

/// What a destination says of one transaction.
struct CommitmentReport {
  struct Failure {
    std::string sop_uid;
    unsigned reason = 0;  ///< Failure Reason (0008,1197)
  };
  std::string transaction;
  std::vector<std::string> kept;  ///< SOP Instance UIDs
  std::vector<Failure> failed;
};

/// The data set of the N-ACTION request: Transaction UID and Referenced SOP Sequence.
DcmDataset commitment_request(const std::string& transaction, const std::vector<MadeObject>& objects);

/// Reads the data set of an N-EVENT-REPORT request; nothing where its Transaction UID lacks.
std::optional<CommitmentReport> read_commitment_report(DcmDataset& data);

}  // namespace anatomynet::service
