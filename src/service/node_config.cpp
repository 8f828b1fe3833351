#include "service/node_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>

#include <arpa/inet.h>

#include "acceptance/watch.h"
#include "core/file_name.h"
#include "core/toml_section.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr const char* host_characters = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
constexpr std::int64_t most_mask_bytes = 64 << 20;  // of a review page's change
constexpr double most_seconds = 30.0 * 86400;
constexpr double least_first = acceptance::least_baseline;

struct Network {
  std::uint32_t address, mask;
};

std::optional<Network> network_of(const std::string& pattern) {
  const std::size_t slash = pattern.find('/');
  in_addr address{};
  if (::inet_pton(AF_INET, pattern.substr(0, slash).c_str(), &address) != 1) return std::nullopt;
  unsigned bits = 32;
  if (slash != std::string::npos) {
    const char* const end = pattern.data() + pattern.size();
    const auto [stop, error] = std::from_chars(pattern.data() + slash + 1, end, bits);
    if (error != std::errc{} || stop != end || bits > 32) return std::nullopt;
  }
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return Network{ntohl(address.s_addr) & mask, mask};
}

// AE titles: PS3.5 6.2, VR AE.
void take_ae_title(Section& section, const std::string& key, std::string& title) {
  section.take(key, title);
  const toml::node* node = section.find(key);
  if (!node) return;
  const bool printable =
      std::all_of(title.begin(), title.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
  if (title.empty() || title.size() > 16 || !printable || title.front() == ' ' || title.back() == ' ')
    section.fail(*node, key, "must be an AE title: 1 to 16 printable characters without backslash");
}

void require(Section& section, const std::string& key, const std::string& what) {
  if (!section.find(key)) section.fail_table("needs " + key + ": " + what);
}

// Calls `read` for each table of the list `key`.
template <class Read>
void each_table(Section& parent, const std::string& key, const std::string& file, Read read) {
  const toml::node* node = parent.find(key);
  if (!node) return;
  if (!node->is_array_of_tables()) parent.fail(*node, key, "must be a list of tables: [[" + key + "]]");
  for (const toml::node& item : *node->as_array()) {
    Section section(*item.as_table(), file, key + ".");
    read(section);
    section.finish();
  }
}

class Reader {
 public:
  explicit Reader(const fs::path& file) : table_(read_toml(file, "the node's configuration")) {
    config_.file = file;
  }

  NodeConfig read() {
    Section top(table_, file(), "");
    in(top, "store", [this](Section& s) { read_store(s); });
    in(top, "dicom", [this](Section& s) { read_dicom(s); });
    if (top.find("http")) in(top, "http", [this](Section& s) { read_http(s); });
    in(top, "complete", [this](Section& s) {
      s.take("quiet_s", config_.quiet_s, 0, most_seconds);
      s.take("interrupted_quiet_s", config_.interrupted_quiet_s, 0, most_seconds);
    });
    in(top, "contour", [this](Section& s) {
      s.take("processes", config_.processes, 1, 256);
      s.take("threads", config_.threads, 0, 4096);
      s.take("memory_mb", config_.memory_mb, 0, 1e8);
      s.take("time_limit_s", config_.time_limit_s, 1, most_seconds);
      s.take("attempts", config_.attempts, 1, 1000);
      s.take("first_retry_s", config_.first_retry_s, 0, most_seconds);
    });
    in(top, "watch", [this](Section& s) {
      WatchConfig& watch = config_.watch;
      take_path(s, "baseline", watch.baseline);
      s.take("first", watch.first, least_first, 100000);
      s.take("false_alarm", watch.false_alarm, 0.01, 0.9);
    });
    each_table(top, "destination", file(), [this](Section& s) { read_destination(s); });
    top.find("rule");  // rules_config.h
    top.finish();
    if (config_.store.empty())
      throw Error(ErrorKind::usage,
                  file() + ":1: [store] needs folder: where what is received is kept, for example \"store\"");
    if (config_.dicom.peers.empty() && !config_.dicom.any_peer)
      throw Error(ErrorKind::usage, file() +
                                        ": no peer may send; add [[dicom.peer]] with ae_title and "
                                        "addresses, or any_peer = true under [dicom]");
    return std::move(config_);
  }

 private:
  std::string file() const { return config_.file.string(); }

  template <class Read>
  void in(Section& parent, const std::string& key, Read read) {
    Section section(subtable(parent, key), file(), key + ".");
    read(section);
    section.finish();
  }

  void take_path(Section& section, const std::string& key, fs::path& path) {
    std::string text;
    section.take(key, text);
    const toml::node* node = section.find(key);
    if (!node) return;
    if (text.empty()) section.fail(*node, key, "must be a path, is empty");
    path = fs::absolute(config_.file).parent_path() / text;
  }

  void read_store(Section& s) {
    take_path(s, "folder", config_.store);
    s.take("min_free_mb", config_.min_free_mb, 16, 1e9);
    s.take("keep_slices_days", config_.keep_slices_days, 0, 36500);
    s.take("keep_results_days", config_.keep_results_days, 0, 36500);
  }

  void read_dicom(Section& s) {
    DicomConfig& d = config_.dicom;
    take_ae_title(s, "ae_title", d.ae_title);
    s.take("address", d.address);
    in_addr address{};
    if (::inet_pton(AF_INET, d.address.c_str(), &address) != 1)
      s.fail(*s.find("address"), "address", "must be an IPv4 address to listen on, such as 0.0.0.0");
    s.take("port", d.port, 1, 65535);
    s.take("associations", d.associations, 1, 1000);
    s.take("max_pdu", d.max_pdu, 4096, 131072);
    s.take("acse_timeout_s", d.acse_timeout_s, 1, 3600);
    s.take("dimse_timeout_s", d.dimse_timeout_s, 1, 3600);
    s.take("association_s", d.association_s, 1, most_seconds);
    s.take("max_instance_mb", d.max_instance_mb, 1, 1e7);
    s.take("any_peer", d.any_peer);
    std::string other = "refuse";
    s.take_one_of("other_classes", other, std::vector<std::string>{"refuse", "store"});
    d.store_other = other == "store";
    in(s, "tls", [&](Section& tls) {
      take_path(tls, "certificate", d.tls.certificate);
      take_path(tls, "key", d.tls.key);
      take_path(tls, "authorities", d.tls.authorities);
      const bool all = !d.tls.certificate.empty() && !d.tls.key.empty() && !d.tls.authorities.empty();
      if (!all && (!d.tls.certificate.empty() || !d.tls.key.empty() || !d.tls.authorities.empty()))
        throw Error(ErrorKind::usage,
                    file() + ": [dicom.tls] needs certificate, key and authorities, three PEM files");
    });
    each_table(s, "peer", file(), [&](Section& peer) {
      require(peer, "ae_title", "the AE title that the peer calls itself");
      Peer& p = d.peers.emplace_back();
      take_ae_title(peer, "ae_title", p.ae_title);
      p.addresses = peer.list<std::string>("addresses", 0);
      for (const std::string& pattern : p.addresses)
        if (!is_address_pattern(pattern))
          peer.fail(*peer.find("addresses"), "addresses",
                    "must hold IPv4 addresses or networks such as \"10.1.0.0/16\", holds " + pattern);
    });
  }

  void read_http(Section& s) {
    config_.has_http = true;
    http::Config& h = config_.http;
    s.take("address", h.address);
    in_addr parsed{};
    if (::inet_pton(AF_INET, h.address.c_str(), &parsed) != 1)
      s.fail(*s.find("address"), "address",
             "must be an IPv4 address to listen on, such as 127.0.0.1, is " + h.address);
    s.take("port", h.port, 1, 65535);
    h.hosts = s.list<std::string>("hosts", 0);
    for (const std::string& host : h.hosts)
      if (host.empty() || host.find_first_not_of(host_characters) != std::string::npos)
        s.fail(*s.find("hosts"), "hosts",
               "must hold names as browsers send them, such as \"node.hospital:8443\", holds " + host);
    h.users = s.list<std::string>("users", 0);
    read_http_accounts(s);
    s.take("stow", config_.stow);
    std::int64_t most_mb = 4096;
    s.take("stow_mb", most_mb, 1, 1e6);
    h.most_body_bytes = most_mask_bytes;
    if (!config_.stow) return;
    h.most_open_body_bytes = most_mb << 20;
    h.open_posts = "/dicom-web/";
  }

  // Passwords go over TLS alone, and nothing is shown to other machines without both.
  void read_http_accounts(Section& s) {
    http::Config& h = config_.http;
    in(s, "tls", [&](Section& tls) {
      take_path(tls, "certificate", h.certificate);
      take_path(tls, "key", h.key);
    });
    if (h.certificate.empty() != h.key.empty())
      throw Error(ErrorKind::usage, file() + ": [http.tls] needs certificate and key, two PEM files");
    take_path(s, "accounts", config_.accounts);
    s.take("session_idle_s", config_.session_idle_s, 1, most_seconds);
    s.take("session_s", config_.session_s, 1, most_seconds);
    if (!config_.accounts.empty() && !h.uses_tls())
      s.fail(*s.find("accounts"), "accounts",
             "needs [http.tls] with certificate and key: passwords go over TLS alone");
    if (!config_.accounts.empty() && !h.users.empty())
      s.fail(*s.find("users"), "users", "are users of this machine, and do not go with accounts");
    if (config_.accounts.empty() && !address_matches(h.address, "127.0.0.0/8"))
      s.fail(*s.find("address"), "address",
             "must lie in 127.0.0.0/8, is " + h.address +
                 ": nothing is shown to other machines without accounts = \"FILE\" and [http.tls]; or use "
                 "ssh -L");
    if (h.address == "0.0.0.0" && h.hosts.empty())
      s.fail(*s.find("address"), "address",
             "is 0.0.0.0 and needs hosts: the names by which browsers call the node, such as "
             "[\"node.hospital:8443\"]");
    h.beacon_paths = {"*/api/goodbye"};  // of a review page that is closed
    if (!config_.accounts.empty()) h.beacon_paths.insert(h.beacon_paths.end(), {"/login", "/logout"});
  }

  void read_destination(Section& s) {
    require(s, "name", "what rules call it");
    Destination& d = config_.destinations.emplace_back();
    s.take("name", d.name);
    if (!is_file_name(d.name)) s.fail(*s.find("name"), "name", "must be a plain name of 1 to 120 bytes");
    if (std::count_if(config_.destinations.begin(), config_.destinations.end(),
                      [&](const Destination& other) { return other.name == d.name; }) > 1)
      s.fail(*s.find("name"), "name", "is taken by another destination: " + d.name);
    s.take_one_of("kind", d.kind, std::vector<std::string>{"dicom", "folder", "stow"});
    if (d.kind == "folder") {
      require(s, "folder", "where the files go");
      take_path(s, "folder", d.folder);
    } else if (d.kind == "stow") {
      read_stow(s, d);
    } else {
      require(s, "host", "name or address of the peer");
      require(s, "ae_title", "the peer's AE title");
      s.take("host", d.host);
      take_ae_title(s, "ae_title", d.ae_title);
      s.take("port", d.port, 1, 65535);
      d.calling_ae = config_.dicom.ae_title;
      take_ae_title(s, "calling_ae", d.calling_ae);
      s.take("tls", d.tls);
      read_commitment(s, d);
      if (d.tls && !config_.dicom.tls.used()) s.fail(*s.find("tls"), "tls", "needs [dicom.tls]");
    }
    if (s.find("send")) d.send = s.list<std::string>("send", 0);
    for (const std::string& kind : d.send)
      if (kind != "RTSTRUCT" && kind != "SEG")
        s.fail(*s.find("send"), "send", "must hold RTSTRUCT or SEG, holds " + kind);
    s.take("retry_hours", d.retry_hours, 0, 87600);
    s.take("first_retry_s", d.first_retry_s, 1, most_seconds);
    s.take("longest_retry_s", d.longest_retry_s, 1, most_seconds);
  }

  void read_stow(Section& s, Destination& d) {
    require(s, "url", "the DICOMweb service, such as \"https://pacs.hospital/dicom-web\"");
    std::string url;
    s.take("url", url);
    const std::optional<http::Url> parsed = http::parse_url(url);
    if (!parsed)
      s.fail(*s.find("url"), "url",
             "must be http:// or https://, a host, perhaps a port and a path, such as "
             "\"https://pacs.hospital:8443/dicom-web\"");
    d.web.url = *parsed;
    take_path(s, "authorities", d.web.authorities);
    s.take("user", d.web.user);
    fs::path password;
    take_path(s, "password_file", password);
    if (d.web.user.empty() != password.empty())
      s.fail(*s.find(d.web.user.empty() ? "password_file" : "user"),
             d.web.user.empty() ? "password_file" : "user", "user and password_file go together");
    if (password.empty()) return;
    std::ifstream in(password);
    if (!std::getline(in, d.web.password) || d.web.password.empty())
      s.fail(*s.find("password_file"), "password_file", "must be a file whose first line is the password");
  }

  // Its report comes over an association of its own, so that the destination must be a peer too.
  void read_commitment(Section& s, Destination& d) {
    std::string text = "offered";
    s.take_one_of("storage_commitment", text, std::vector<std::string>{"no", "offered", "required"});
    s.take("commitment_s", d.commitment_s, 1, most_seconds);
    const DicomConfig& dicom = config_.dicom;
    const bool peer = dicom.any_peer || std::any_of(dicom.peers.begin(), dicom.peers.end(),
                                                    [&](const Peer& p) { return p.ae_title == d.ae_title; });
    if (text == "required" && !peer)
      s.fail(*s.find("storage_commitment"), "storage_commitment",
             "needs a [[dicom.peer]] with ae_title = \"" + d.ae_title +
                 "\": its report comes over an association of its own");
    if (peer && text != "no") d.commitment = text == "required" ? Commitment::required : Commitment::offered;
  }

  const toml::table table_;
  NodeConfig config_;
};

}  // namespace

NodeConfig read_node_config(const fs::path& file) { return Reader(file).read(); }

std::int64_t Destination::pause_ms(std::int64_t attempts) const {
  const double seconds = double(first_retry_s) * std::pow(2.0, double(std::min<std::int64_t>(attempts, 30)));
  return static_cast<std::int64_t>(1000 * std::min(seconds, double(longest_retry_s)));
}

bool is_address_pattern(const std::string& pattern) { return network_of(pattern).has_value(); }

bool address_matches(const std::string& address, const std::string& pattern) {
  const auto network = network_of(pattern), host = network_of(address);
  return network && host && (host->address & network->mask) == network->address;
}

}  // namespace anatomynet::service
