#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/queue/series_activity.h"
#include "service/receiver/received_file.h"
#include "service/store/store.h"

// Internal to the service module.
namespace anatomynet::service {

/// What became of an incoming file.
enum class Taken {
  kept,       ///< on disk, or there already, or kept aside
  no_match,   ///< UIDs in it are not those that were announced, or lack
  damaged,    ///< its data set cannot be read
  not_stored  ///< the store cannot be written
};

/// A UID as PS3.5 9.1 has it, so that it may stand in a database, a path's hash and a message.
bool is_uid(const std::string& text);

/// Whether instances of the class are taken.
bool takes_class(const DicomConfig& config, const std::string& sop_class);
/// All these classes.
std::vector<std::string> classes_of(const DicomConfig& config);

/// Puts whole files that came from anywhere into the store: checks what they say of themselves, keeps them,
/// records them, tells the log. For any number of threads; everything given outlives it.
class Intake {
 public:
  Intake(Store& store, SeriesActivity& activity, NodeCounters& counters, Messages& messages)
      : store_(store), activity_(activity), counters_(counters), messages_(messages) {}

  /// One sender's connection. Its series are quiet from its end on.
  class Visit {
   public:
    /// `say` gets what is to be told of its instances, which must be of `study`, unless that is empty.
    /// `user`: by whose name the audit log calls the sender; empty: by its AE title.
    Visit(Intake& intake, std::function<void(const std::string&)> say, std::string study = {},
          std::string user = {})
        : intake_(intake), say_(std::move(say)), study_(std::move(study)), user_(std::move(user)) {}
    /// `clean`: it ended as it should, so that nothing more is awaited soon.
    void end(bool clean) { intake_.activity_.end(series_, clean); }

    /// Kept: the instance is on disk when it returns. The file is moved or may be removed afterwards.
    Taken take(const std::filesystem::path& file, const InstanceNames& names, const std::string& content,
               std::int64_t bytes);

   private:
    void record(const std::filesystem::path& file, const ReceivedInstance& instance);

    Intake& intake_;
    const std::function<void(const std::string&)> say_;
    const std::string study_, user_;
    std::set<std::string> series_;  ///< UIDs of those that it brought
  };

 private:
  Store& store_;
  SeriesActivity& activity_;
  NodeCounters& counters_;
  Messages& messages_;
};

/// For Store::recover: what a kept file says, where it is whole by its hash.
std::optional<ReceivedInstance> read_kept(const std::filesystem::path& file);

}  // namespace anatomynet::service
