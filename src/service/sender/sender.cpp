#include "service/sender/sender.h"

#include <algorithm>
#include <cmath>
#include <exception>

namespace anatomynet::service {
namespace {

constexpr std::size_t most_at_once = 100;

std::int64_t pause_ms(const Destination& destination, std::int64_t attempts) {
  const double seconds =
      double(destination.first_retry_s) * std::pow(2.0, double(std::min<std::int64_t>(attempts, 30)));
  return static_cast<std::int64_t>(1000 * std::min(seconds, double(destination.longest_retry_s)));
}

}  // namespace

Sender::Sender(const Destination& destination, const TlsConfig& tls, Store& store, Messages& messages)
    : destination_(destination),
      store_(store),
      messages_(messages),
      carrier_(make_carrier(destination, tls, store.files())) {}

bool Sender::send_due() {
  std::vector<Delivery> due = store_.due(destination_.name, now_ms());
  if (due.empty()) return false;
  if (due.size() > most_at_once) due.resize(most_at_once);
  const std::vector<SendOutcome> outcomes = carrier_->send(due);
  for (std::size_t k = 0; k < due.size(); ++k) {
    const std::string name = "job " + std::to_string(due[k].job) + ": " + due[k].object.kind;
    if (outcomes[k].empty()) {
      store_.delivered(due[k]);
      store_.audit().write("node", "sent", due[k].job, due[k].object.kind + " to " + destination_.name);
      messages_.info(name + " is at " + destination_.name);
    } else {
      store_.not_delivered(due[k], destination_.name + ": " + outcomes[k],
                           now_ms() + pause_ms(destination_, due[k].attempts));
      messages_.warning(name + " is not yet at " + destination_.name + ": " + outcomes[k]);
    }
  }
  return true;
}

}  // namespace anatomynet::service
