#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "http/client.h"
#include "http/config.h"
#include "service/store/job.h"

namespace anatomynet::service {

/// Certificates in PEM of a DICOM TLS connection (PS3.15 B.12, BCP 195). Empty: no TLS.
struct TlsConfig {
  std::filesystem::path certificate, key, authorities;
  bool used() const { return !certificate.empty(); }
};

/// Who may send.
struct Peer {
  std::string ae_title;
  std::vector<std::string> addresses;  ///< IPv4 addresses and networks such as 10.1.0.0/16; none: any
};

struct DicomConfig {
  std::string ae_title = "ANATOMYNET", address = "127.0.0.1";
  std::int64_t port = 11112, associations = 50, max_pdu = 131072;
  std::int64_t acse_timeout_s = 30;   ///< until an association is agreed on
  std::int64_t dimse_timeout_s = 60;  ///< without progress within an association
  std::int64_t association_s = 3600;  ///< longest association
  std::int64_t max_instance_mb = 2048;
  bool any_peer = false, store_other = false;  ///< `store_other`: other classes are kept, not refused
  TlsConfig tls;
  std::vector<Peer> peers;
};

/// Where results go.
struct Destination {
  std::string name, kind = "dicom";  ///< dicom, folder or stow
  std::string host, ae_title, calling_ae;
  std::int64_t port = 104;
  std::filesystem::path folder;
  bool tls = false;
  std::vector<std::string> send = {"RTSTRUCT"};  ///< of RTSTRUCT and SEG
  double retry_hours = 168;
  std::int64_t first_retry_s = 10, longest_retry_s = 900;
  Commitment commitment = Commitment::no;
  http::ClientConfig web;           ///< of kind stow
  std::int64_t commitment_s = 600;  ///< so long for its report before it is asked again

  /// Before the next attempt after `attempts` that failed.
  std::int64_t pause_ms(std::int64_t attempts) const;
  std::int64_t retry_ms() const { return static_cast<std::int64_t>(retry_hours * 3.6e6); }
};

/// What results are compared with (service/watch/).
struct WatchConfig {
  std::filesystem::path baseline;  ///< of commission, or other results; empty: the first `first` results
  std::int64_t first = 30;
  double false_alarm = 0.3;  ///< probability of one within 200 results while nothing has changed
};

/// node.toml. The rules in it are read by rules_config.h.
struct NodeConfig {
  std::filesystem::path file, store;
  std::int64_t min_free_mb = 2048;                      ///< below it nothing is received
  double keep_slices_days = 7, keep_results_days = 30;  ///< after a job's end; 0: for ever
  DicomConfig dicom;
  bool has_http = false;
  bool stow = false;  ///< instances are taken over HTTP too
  /// What a browser and a monitor see of the node; of this machine alone unless there are TLS and accounts.
  /// Health and figures tell no patient.
  http::Config http{.open_paths = {"/health", "/metrics"}};
  std::filesystem::path accounts;  ///< accounts/accounts_file.h; empty: none
  double session_idle_s = 1800, session_s = 43200;
  double quiet_s = 30;               ///< a CT is complete so long after its last association
  double interrupted_quiet_s = 300;  ///< the same where that was cut, or the node was ended
  std::int64_t processes = 1, threads = 0, memory_mb = 0, time_limit_s = 3600, attempts = 3;
  double first_retry_s = 30;
  std::vector<Destination> destinations;
  WatchConfig watch;
};

/// Reads node.toml; relative paths in it are relative to its folder. Throws Error(usage) with file, line, key
/// and what was expected.
NodeConfig read_node_config(const std::filesystem::path& file);

/// Whether an IPv4 address is the one, or lies in the network, of `pattern`. `pattern` must be valid.
bool address_matches(const std::string& address, const std::string& pattern);
bool is_address_pattern(const std::string& pattern);

}  // namespace anatomynet::service
