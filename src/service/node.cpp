#include "service/node.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/folder_lock.h"
#include "http/server.h"
#include "service/accounts/accounts_file.h"
#include "service/certificates/certificates.h"
#include "service/certificates/dicom_tls.h"
#include "service/queue/contour_queue.h"
#include "service/receiver/intake.h"
#include "service/receiver/receiver.h"
#include "service/retention.h"
#include "service/sender/sender.h"
#include "service/watch/store_watch.h"
#include "service/web/site.h"

namespace anatomynet::service {
namespace {

constexpr auto tick = std::chrono::milliseconds(500);
constexpr double fault_pause_s = 5, retention_s = 3600;

/// Threads that each repeat one step until the node ends; a step that fails is repeated after a pause.
class Workers {
 public:
  Workers(Messages& messages, std::function<bool()> stop) : messages_(messages), stop_(std::move(stop)) {}
  ~Workers() { end(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// `step` returns whether there was something to do.
  void start(std::function<bool()> step) {
    threads_.emplace_back([this, step = std::move(step)] {
      while (!stopped()) {
        bool busy = false, failed = false;
        try {
          busy = step();
        } catch (const std::exception& error) {
          messages_.error(error.what());
          failed = true;
        }
        if (busy) continue;
        const double until = seconds_now() + (failed ? fault_pause_s : 0);
        do std::this_thread::sleep_for(tick);
        while (!stopped() && seconds_now() < until);
      }
    });
  }
  bool stopped() const { return ended_ || stop_(); }
  void end() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  Messages& messages_;
  const std::function<bool()> stop_;
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

// Where a port cannot be had; a node that runs with this store has its own.
void check_ports(const NodeConfig& config, std::vector<std::string>& problems) {
  try {
    const FolderLock lock(config.store);
  } catch (const Error&) {
    return;
  }
  const auto check = [&](const std::string& address, std::int64_t port, const char* table) {
    try {
      ::close(listen_on(address, port, table));
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  };
  check(config.dicom.address, config.dicom.port, "[dicom]");
  if (config.has_http) check(config.http.address, config.http.port, "[http]");
}

}  // namespace

void run_node(const NodeConfig& config, const std::vector<Rule>& rules, Messages& messages,
              const std::function<bool()>& stop, const pipeline::EngineMaker& make_engine) {
  ::umask(0077);
  Store store(config.store);
  const FolderLock lock(config.store);
  const Recovery found = store.recover(read_kept);
  if (found.interrupted_jobs + found.recorded_files + found.unrecorded_files + found.lost_files +
          found.unrecorded_results >
      0)
    messages.warning("the last run did not end by itself: " + std::to_string(found.interrupted_jobs) +
                     " jobs are taken up again, " + std::to_string(found.recorded_files) +
                     " slices are known again, " + std::to_string(found.unrecorded_files) +
                     " unfinished ones were removed, " + std::to_string(found.lost_files) +
                     " slices are gone, " + std::to_string(found.unrecorded_results) +
                     " unfinished results were removed");
  SeriesActivity activity(config.quiet_s, config.interrupted_quiet_s);
  NodeCounters counters;
  ContourQueue queue(config, rules, store, activity, counters, messages);
  CommitmentReports reports(config, store, messages);
  StoreWatch watch(config, store, messages);
  Certificates certificates(config, messages);
  DicomTls tls(config.dicom.tls);
  certificates.on_change("dicom.tls", [&tls] { tls.renew(); });
  std::vector<std::unique_ptr<Sender>> senders;
  for (const Destination& destination : config.destinations)
    senders.push_back(std::make_unique<Sender>(destination, tls, store, reports, messages));
  Intake intake(store, activity, counters, messages);
  Receiver receiver(config, tls, store, intake, reports, counters, messages);
  messages.info("listening on " + config.dicom.address + " port " + std::to_string(config.dicom.port) +
                " as " + config.dicom.ae_title);

  Stow stow(config, store, intake, messages);
  Site site(config, store, counters, messages,
            {config.stow ? &stow : nullptr, &certificates, &watch, make_engine});
  site.reviews().release_approved_jobs();
  std::unique_ptr<http::Server> web;
  if (config.has_http) {
    web = std::make_unique<http::Server>(
        config.http, [&site](const http::Request& request) { return site.answer(request); }, messages);
    certificates.on_change("http.tls", [&web] { web->renew_certificate(); });
    messages.info("the worklist is at " + std::string(config.http.uses_tls() ? "https://" : "http://") +
                  config.http.address + ':' + std::to_string(config.http.port) + '/');
  }

  store.audit().write(user_name(), "started", 0);

  Workers workers(messages, stop);
  double purged = 0;
  workers.start([&] {
    queue.complete_quiet_jobs();
    site.reviews().close_idle();
    for (const std::string& table : certificates.look(seconds_now()))
      store.audit().write("node", "took new certificates", 0, table);
    if (purged == 0 || seconds_now() - purged > retention_s) {
      purged = seconds_now();
      purge_old(config, store, messages, now_ms());
    }
    return false;
  });
  workers.start([&] { return watch.look(), false; });
  for (std::int64_t k = 0; k < config.processes; ++k)
    workers.start([&] { return queue.contour_next([&] { return workers.stopped(); }); });
  for (const auto& sender : senders)
    workers.start([&sender = *sender] {
      const bool sent = sender.send_due();
      return sender.ask_commitment() || sent;
    });
  receiver.run(stop);
  workers.end();
  web.reset();
  store.audit().write(user_name(), "ended", 0);
  messages.info("ended");
}

std::vector<std::string> check_node(const NodeConfig& config) {
  std::vector<std::string> problems;
  try {
    StoreFiles files(config.store);
    if (files.free_bytes() < static_cast<std::uint64_t>(config.min_free_mb) << 20)
      problems.push_back(config.store.string() +
                         ": less than min_free_mb is free, so nothing would be received");
    check_ports(config, problems);
    const DicomTls tls(config.dicom.tls);
    Messages unheard;
    configured_baseline(config.watch, unheard);
    if (config.http.uses_tls()) http::check_certificate(config.http);
    if (!config.accounts.empty()) {
      const Accounts accounts(config.accounts, unheard);
    }
    for (const Destination& destination : config.destinations) {
      const SendOutcome outcome = make_carrier(destination, tls, files)->probe();
      if (!outcome.empty()) problems.push_back("destination " + destination.name + ": " + outcome);
    }
  } catch (const Error& error) {
    problems.emplace_back(error.what());
  }
  return problems;
}

}  // namespace anatomynet::service
