#include "service/sender/sender.h"

#include <exception>
#include <limits>

#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t most_at_once = 100;

std::vector<Delivery> first_of(std::vector<Delivery> deliveries) {
  if (deliveries.size() > most_at_once) deliveries.resize(most_at_once);
  return deliveries;
}

std::string name_of(const Delivery& delivery) {
  return "job " + std::to_string(delivery.job) + ": " + delivery.object.kind;
}

}  // namespace

Asked Carrier::ask_commitment(const std::string&, const std::vector<MadeObject>&) { return {}; }

Sender::Sender(const Destination& destination, const DicomTls& tls, Store& store, CommitmentReports& reports,
               Messages& messages)
    : destination_(destination),
      store_(store),
      reports_(reports),
      messages_(messages),
      carrier_(make_carrier(destination, tls, store.files())) {}

bool Sender::send_due() {
  const std::vector<Delivery> due = first_of(store_.due(destination_.name, now_ms()));
  if (due.empty()) return false;
  const std::vector<SendOutcome> outcomes = carrier_->send(due);
  for (std::size_t k = 0; k < due.size(); ++k) {
    const std::string name = name_of(due[k]);
    if (outcomes[k].empty()) {
      store_.delivered(due[k], destination_.commitment);
      store_.audit().write("node", "sent", due[k].job, due[k].object.kind + " to " + destination_.name);
      messages_.info(name + " is at " + destination_.name);
    } else {
      store_.not_delivered(due[k], destination_.name + ": " + outcomes[k],
                           now_ms() + destination_.pause_ms(due[k].attempts));
      messages_.warning(name + " is not yet at " + destination_.name + ": " + outcomes[k]);
    }
  }
  return true;
}

bool Sender::ask_commitment() {
  if (destination_.commitment == Commitment::no) {  // what was asked when the configuration was another
    for (const char* state : {"due", "asked"})
      for (const Delivery& delivery :
           store_.commitments(destination_.name, state, std::numeric_limits<std::int64_t>::max()))
        store_.uncommitted(delivery, "none");
    return false;
  }
  const std::vector<Delivery> late = store_.commitments(destination_.name, "asked", now_ms());
  if (!late.empty()) ask_again(late, "no report on storage commitment came in time");

  const std::vector<Delivery> due = first_of(store_.commitments(destination_.name, "due", now_ms()));
  if (due.empty()) return false;
  std::vector<MadeObject> objects;
  objects.reserve(due.size());
  for (const Delivery& delivery : due) objects.push_back(delivery.object);
  const std::string transaction = io::random_uid();
  // The report may come before the answer to the request, by another association.
  store_.ask_commitment(due, transaction, now_ms() + 1000 * destination_.commitment_s);
  const Asked asked = carrier_->ask_commitment(transaction, objects);
  if (asked.kind == Asked::Kind::not_reached) ask_again(due, asked.why);
  if (asked.kind == Asked::Kind::refused) refused(due, asked.why);
  if (asked.report) reports_.take(destination_.ae_title, *asked.report);
  return true;
}

void Sender::ask_again(const std::vector<Delivery>& deliveries, const std::string& why) {
  std::vector<Delivery> again, over;
  for (const Delivery& delivery : deliveries)
    (now_ms() < delivery.give_up ? again : over).push_back(delivery);
  if (!again.empty()) {
    messages_.warning(name_of(again.front()) + (again.size() > 1 ? " and others" : "") + ": " +
                      destination_.name + " is asked again for storage commitment: " + why);
    store_.ask_commitment_later(again, 1000 * destination_.first_retry_s,
                                1000 * destination_.longest_retry_s);
  }
  refused(over, why);
}

void Sender::refused(const std::vector<Delivery>& deliveries, const std::string& why) {
  for (const Delivery& delivery : deliveries) {
    messages_.warning(name_of(delivery) + ": " + destination_.name + " does not commit to keep it: " + why);
    if (destination_.commitment == Commitment::required)
      store_.not_committed(delivery, destination_.name + ": " + why,
                           now_ms() + destination_.pause_ms(delivery.attempts));
    else
      store_.uncommitted(delivery, "none");
  }
}

}  // namespace anatomynet::service
