#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/node_config.h"

namespace anatomynet::service {

/// The node's certificates, [dicom.tls] and [http.tls] of its configuration: how they are, and that they are
/// read again after their files changed.
class Certificates {
 public:
  /// Files are taken as read before this; what changes from here on is read again. `messages` outlives it.
  Certificates(const NodeConfig& config, Messages& messages);

  /// Who reads the files of a table again: it throws Error where they do not serve, and then goes on with
  /// those from before. Before the first look.
  void on_change(const std::string& table, std::function<void()> renew);

  /// Has files read again that changed and then did not for 2 s: certificate and key come one after the
  /// other. From one thread, every now and then. Tables that use new files from here on.
  std::vector<std::string> look(double now_s);

  struct State {
    std::string table;                  ///< "dicom.tls"
    bool latest = true;                 ///< false: what the files hold now does not serve, and is not used
    std::optional<std::int64_t> end_s;  ///< of the certificate in use, since 1970
  };
  /// For any thread.
  std::vector<State> states() const;

 private:
  /// What tells one state of a file from another; all zero where it is not there.
  using Print = std::vector<std::int64_t>;
  struct Watched {
    std::vector<std::filesystem::path> files;  ///< the first holds the certificate
    std::function<void()> renew;
    Print seen;
    std::optional<double> changed_s;  ///< when it was last seen to have changed, until it is read again
    State state;
  };
  static Print print_of(const std::vector<std::filesystem::path>& files);
  void add(const std::string& table, std::vector<std::filesystem::path> files);
  bool renew(Watched& watched);

  Messages& messages_;
  std::map<std::string, Watched> watched_;
  mutable std::mutex mutex_;  ///< of what states() reads
};

}  // namespace anatomynet::service
