#include "core/text.h"
#include "service/store/internal_rows.h"
#include "service/store/store.h"

// Storage commitment of what was delivered. A delivery's `commitment` goes from '' to due, asked, and
// committed, refused (the object is sent again), or none (it cannot be had).
namespace anatomynet::service {

void Store::delivered(const Delivery& delivery, Commitment commitment) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  database_.run(
      "UPDATE delivery SET state = ?, since = ?, attempts = attempts + 1, reason = '', commitment = ?, "
      "transaction_uid = '', commitment_at = 0 WHERE id = ?",
      commitment == Commitment::required ? "stored" : "sent", now_ms(),
      commitment == Commitment::no ? "" : "due", delivery.id);
  settle(delivery.job);
  transaction.commit();
}

std::vector<Delivery> Store::commitments(const std::string& destination, const std::string& commitment,
                                         std::int64_t now) {
  const std::lock_guard guard(mutex_);
  return read_deliveries(database_.query(
      (std::string(delivery_columns) +
       "WHERE delivery.commitment = ? AND destination = ? AND commitment_at <= ? ORDER BY delivery.id")
          .c_str(),
      commitment, destination, now));
}

std::vector<Delivery> Store::deliveries_of(const std::string& destination, const std::string& asked) {
  const std::lock_guard guard(mutex_);
  return read_deliveries(
      database_.query((std::string(delivery_columns) +
                       "WHERE transaction_uid = ? AND transaction_uid <> '' AND destination = ? AND "
                       "commitment = 'asked' ORDER BY delivery.id")
                          .c_str(),
                      asked, destination));
}

void Store::ask_commitment(const std::vector<Delivery>& deliveries, const std::string& asked,
                           std::int64_t until) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  for (const Delivery& delivery : deliveries)
    database_.run(
        "UPDATE delivery SET commitment = 'asked', transaction_uid = ?, commitment_at = ? WHERE id = ? AND "
        "commitment = 'due'",
        asked, until, delivery.id);
  transaction.commit();
}

void Store::ask_commitment_later(const std::vector<Delivery>& deliveries, std::int64_t shortest_ms,
                                 std::int64_t longest_ms) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  for (const Delivery& delivery : deliveries)
    database_.run(
        "UPDATE delivery SET commitment = 'due', transaction_uid = '', commitment_at = ?1 + MAX(?2, MIN(?3, "
        "?1 "
        "- since)) WHERE id = ?4 AND commitment = 'asked'",
        now_ms(), shortest_ms, longest_ms, delivery.id);
  transaction.commit();
}

void Store::committed(const Delivery& delivery) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  database_.run(
      "UPDATE delivery SET commitment = 'committed', state = CASE state WHEN 'stored' THEN 'sent' ELSE state "
      "END, since = ? WHERE id = ?",
      now_ms(), delivery.id);
  settle(delivery.job);
  transaction.commit();
}

void Store::uncommitted(const Delivery& delivery, const std::string& commitment) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  database_.run(
      "UPDATE delivery SET commitment = ?, state = CASE state WHEN 'stored' THEN 'sent' ELSE state END WHERE "
      "id = ?",
      commitment, delivery.id);
  settle(delivery.job);
  transaction.commit();
}

void Store::not_committed(const Delivery& delivery, const std::string& reason, std::int64_t not_before) {
  const std::lock_guard guard(mutex_);
  Transaction transaction(database_);
  database_.run(
      "UPDATE delivery SET commitment = 'refused', state = CASE WHEN ?1 >= give_up THEN 'failed' ELSE "
      "'waiting' END, since = ?1, not_before = ?2, reason = ?3 WHERE id = ?4",
      now_ms(), not_before, clean_text(reason, longest_reason), delivery.id);
  Statement state = database_.query("SELECT state FROM job WHERE id = ?", delivery.job);
  if (state.step() && job_state(state.text(0)) == JobState::sent)
    move_locked(delivery.job, JobState::sent, JobState::sending, "a destination does not keep the results");
  settle(delivery.job);
  transaction.commit();
}

}  // namespace anatomynet::service
