#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "service/store/job_state.h"

// What the store keeps. Times are milliseconds since 1970.
namespace anatomynet::service {

/// An instance whose file is in place (StoreFiles::keep).
struct ReceivedInstance {
  std::string sop_uid, sop_class, transfer_syntax, series_uid, study_uid, calling_ae;
  std::string patient_digest;  ///< tells patients apart, names none
  std::string content;         ///< 64 hexadecimal digits: SHA-256 of UIDs and data set
  std::int64_t bytes = 0;      ///< of the file
  std::int64_t received = 0;   ///< when, in milliseconds since 1970; 0: now
  std::int64_t expected = 0;   ///< instances that its series has, where the archive says so; else 0
  bool is_ct = false;          ///< a slice to contour
};

/// What recording an instance did.
struct Recorded {
  enum class Kind {
    added,
    duplicate,  ///< the same bytes were there
    conflict    ///< other bytes were there under its UID: kept aside
  };
  Kind kind = Kind::added;
  std::int64_t series = 0;
  std::int64_t job = 0;                 ///< the job that grows by the series' slices; 0: none
  bool new_job = false, whole = false;  ///< `whole`: as many as the archive says
};

/// What is to be done with a CT: which rule says so, and how.
struct JobPlan {
  std::string rule;
  std::vector<std::string> arguments;     ///< of `segment`, beside input and output
  std::vector<std::string> destinations;  ///< names
  int priority = 0;                       ///< higher ones first
  bool review = false;                    ///< a person releases the results
};

struct Job {
  std::int64_t id = 0, series = 0, since = 0, not_before = 0, slices = 0, attempts = 0, superseded_by = 0;
  JobState state = JobState::received;
  std::string reason;
  JobPlan plan;
};

struct Transition {
  std::int64_t at = 0;
  std::string from, to, reason;
};

/// Whether a destination is asked to commit to keep what it took (PS3.4 annex J).
enum class Commitment {
  no,
  offered,  ///< where it can be asked; what it took counts as sent meanwhile
  required  ///< nothing is sent before it has
};

/// A DICOM object that a job made.
struct MadeObject {
  std::string kind;  ///< RTSTRUCT or SEG
  std::string sop_class, sop_uid, sha256;
  std::string file;  ///< in the job's folder of results
};

/// A destination of a job's results.
struct Recipient {
  std::vector<std::string> kinds;  ///< of RTSTRUCT and SEG
  std::int64_t give_up = 0;        ///< when to stop trying, milliseconds since 1970
};

/// By destination, milliseconds since 1970.
using GiveUp = std::map<std::string, std::int64_t>;

/// One object on its way to one destination.
struct Delivery {
  std::int64_t id = 0, job = 0, attempts = 0, not_before = 0, give_up = 0;
  MadeObject object;
  std::string destination, state, reason;  ///< state: waiting, stored (not yet committed), sent or failed
  std::string commitment;                  ///< empty, due, asked, committed, refused, none (it cannot be had)
};

/// Deliveries of one destination in one state.
struct DeliveryCount {
  std::string destination, state;
  std::int64_t count = 0, tried = 0;  ///< `tried`: at least once, without success where they wait
};

}  // namespace anatomynet::service
