#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/store/audit_log.h"
#include "service/store/database.h"
#include "service/store/job.h"
#include "service/store/store_files.h"

namespace anatomynet::service {

/// What a start found and mended.
struct Recovery {
  std::int64_t recorded_files = 0;    ///< whole ones that no row told of: their rows were not yet on disk
  std::int64_t unrecorded_files = 0;  ///< others, which were removed
  std::int64_t lost_files = 0, interrupted_jobs = 0, unrecorded_results = 0;
};

/// What a file of instances/ says of itself; nothing where it is not whole.
using ReadKept = std::function<std::optional<ReceivedInstance>(const std::filesystem::path& file)>;

/// What the node knows and keeps: instances, jobs, objects, deliveries, all in one SQLite file beside the
/// files. Every change is on disk when its function returns, but for `record`. For any number of threads, and
/// for other processes beside the node (`serve jobs` and the like). Errors: Error(output).
class Store {
 public:
  explicit Store(const std::filesystem::path& folder);

  StoreFiles& files() { return files_; }
  AuditLog& audit() { return audit_; }

  /// For the node alone, before it receives: makes files and tables agree, and takes up jobs that were
  /// running.
  Recovery recover(const ReadKept& read);

  /// Whether these bytes are there already under this UID. The file, which is on disk, is what a power cut
  /// leaves of it for certain: `recover` makes the rows again from what `ReadKept` finds there.
  Recorded record(const ReceivedInstance& instance);

  // Jobs.
  std::vector<Job> jobs();
  std::vector<Job> jobs_in(JobState state);
  /// At most `most` jobs with numbers below `before` (0: all), the latest first; in any state without one.
  std::vector<Job> latest_jobs(std::int64_t before, std::optional<JobState> state, std::int64_t most);
  std::optional<Job> job(std::int64_t id);
  std::vector<Transition> transitions(std::int64_t job);
  /// Hashes of a job's slices (StoreFiles::instance); of one that still grows: those that are there.
  std::vector<std::string> slices(std::int64_t job);
  /// What keeps the series from being contoured, such as slices of two patients; empty: nothing.
  std::string problem_of_series(std::int64_t series);
  std::string calling_ae(std::int64_t series);
  std::string series_uid(std::int64_t series);
  /// Instances of the series that were kept aside.
  std::int64_t conflicts(std::int64_t series);

  /// Whether the job was in `from` and now is in `to`, which may follow it.
  bool move(std::int64_t job, JobState from, JobState to, const std::string& reason,
            std::int64_t not_before = 0);
  /// A job that ended before it was complete, such as one that no rule took, is looked at anew: false where
  /// it was complete once, or a later job has its slices.
  bool begin_again(std::int64_t job, const std::string& reason);
  /// A job that grew gets its slices and its plan.
  bool complete(std::int64_t job, const JobPlan& plan);
  /// The complete job to contour now, which is running then.
  std::optional<Job> take_next();
  /// Results of a running job that lie in its folder, for these destinations by name. Where no review is
  /// wanted they go on their way at once.
  bool record_results(std::int64_t job, const std::vector<MadeObject>& objects,
                      const std::map<std::string, Recipient>& recipients);
  /// After its review, for `reason`. `approved`: objects that go in place of those of the same kind; of other
  /// kinds nothing goes then. Here and below `give_up` says by destination when to stop trying; a destination
  /// without one is tried once.
  bool release(std::int64_t job, const GiveUp& give_up, const std::string& reason = "released",
               const std::vector<MadeObject>& approved = {});
  bool resend(std::int64_t job, const GiveUp& give_up);  ///< to all that the job was for

  // Deliveries.
  std::vector<Delivery> due(const std::string& destination, std::int64_t now);
  std::vector<Delivery> deliveries(std::int64_t job);
  /// `commitment`: whether storage commitment is due then; what needs it is stored, else sent.
  void delivered(const Delivery& delivery, Commitment commitment = Commitment::no);
  void not_delivered(const Delivery& delivery, const std::string& reason, std::int64_t not_before);

  // Storage commitment.
  /// Deliveries with this commitment (due, asked) whose time has come.
  std::vector<Delivery> commitments(const std::string& destination, const std::string& commitment,
                                    std::int64_t now);
  void ask_commitment(const std::vector<Delivery>& deliveries, const std::string& transaction,
                      std::int64_t report_until);
  /// After as long as it has been delivered, within these bounds: the pauses double.
  void ask_commitment_later(const std::vector<Delivery>& deliveries, std::int64_t shortest_ms,
                            std::int64_t longest_ms);
  /// What a transaction asked for.
  std::vector<Delivery> deliveries_of(const std::string& destination, const std::string& transaction);
  void committed(const Delivery& delivery);
  /// It cannot be had, and need not.
  void uncommitted(const Delivery& delivery, const std::string& commitment);
  /// It is sent again, unless the time to try is over; its job too is on its way again.
  void not_committed(const Delivery& delivery, const std::string& reason, std::int64_t not_before);

  // What /health and /metrics tell.
  std::map<JobState, std::int64_t> job_counts();  ///< without states that no job is in
  std::vector<DeliveryCount> delivery_counts();   ///< by destination and state
  /// How long the first job in the queue could have been contoured; 0 where none waits.
  std::int64_t longest_wait_ms(std::int64_t now);

  enum class Part { slices, all };
  /// Removes what a job at its end keeps: its slices and what was set aside of them, unless another job needs
  /// them, and where `part` is all its results. False where nothing is left of them. Throws Error(usage) for
  /// a job that is not at its end.
  bool purge(std::int64_t job, Part part);
  /// Removes instances that are of no job, such as structure sets, and came before this time; how many.
  std::int64_t purge_without_job(std::int64_t before);

 private:
  std::vector<Job> read_jobs(Statement rows);
  bool move_locked(std::int64_t job, JobState from, JobState to, const std::string& reason,
                   std::int64_t not_before = 0);
  std::int64_t hold_slices(std::int64_t job);
  std::vector<std::string> forget_instances(Statement rows);
  void note(std::int64_t job, std::string_view from, JobState to, const std::string& reason);
  std::int64_t new_job(std::int64_t series);
  Recovery mend(std::vector<std::string>& unrecorded);
  void lose(std::int64_t instance, std::int64_t series);
  void settle(std::int64_t job);
  void replace_objects(std::int64_t job, const std::vector<MadeObject>& objects);
  void set_give_up(std::int64_t job, const GiveUp& give_up);

  std::mutex mutex_;
  StoreFiles files_;
  AuditLog audit_;
  Database database_;
};

/// Milliseconds since 1970.
std::int64_t now_ms();

}  // namespace anatomynet::service
