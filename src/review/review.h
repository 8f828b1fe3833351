#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/error.h"
#include "core/messages.h"
#include "review/edits.h"
#include "review/journal.h"
#include "review/mask_runs.h"
#include "review/opened_case.h"
#include "review/version_store.h"

namespace anatomynet::review {

/// A change that is not taken, with the HTTP status that says why: 400 for what is wrong in itself, 404 for a
/// structure that is not there, 409 for an old revision, 423 for what is locked.
struct Refused : Error {
  Refused(int why, const std::string& text) : Error(ErrorKind::usage, text), status(why) {}
  int status;
};

/// Structures at one moment. `revision` grows with every change.
struct ReviewState {
  std::int64_t revision = 0;
  int base = 0;          ///< the last version that was saved
  bool changed = false;  ///< structures were drawn in, added or named since
  Structures structures;
};

struct ReviewSettings {
  std::filesystem::path store;
  VersionStyle style;
};

/// Structures on the case's CT to compare with.
struct Comparison {
  std::string id, name;
  Structures structures;
};

/// One case under review. For any number of threads. Changes go to the store's journal before they count; on
/// construction they are taken up again. Throws Error(input) where the store is of another case.
class Review {
 public:
  Review(OpenedCase opened, std::vector<Comparison> comparisons, ReviewSettings settings, Messages& messages);

  const OpenedCase& opened() const { return opened_; }
  const std::vector<Comparison>& comparisons() const { return comparisons_; }
  const VersionStore& store() const { return store_; }
  bool may_edit() const { return !store_.read_only(); }
  /// Where only looking was possible since another process had the case open: takes it up, with what that one
  /// left, if it has gone. False where it has not. Throws as the constructor.
  bool take_over();

  /// Throws Refused(423) where the case is open elsewhere.
  void require_editor() const;

  std::shared_ptr<const ReviewState> state() const;
  std::vector<VersionInfo> versions() const { return store_.versions(); }
  /// Structures of a version. Throws Refused(404).
  std::shared_ptr<const Version> version(int number) const;

  // Changes: Refused, or Error(output) where they cannot be kept. Each returns the new revision.

  /// `runs` in base64, of the box; made from revision `seen`.
  std::int64_t replace_mask(int id, std::int64_t seen, const LabelBox& box, const std::string& runs,
                            double seconds);
  /// A new structure without a voxel, drawn by hand; returns its id.
  int add_structure(const std::string& name, const std::string& colour);
  /// Null: as it is. `seconds` were spent on it without a change of its voxels.
  struct Change {
    const bool* locked = nullptr;
    const std::string *colour = nullptr, *name = nullptr;
    double seconds = 0;
  };
  std::int64_t change_structure(int id, const Change& change);

  /// Saves the present state as a version; `approve`: as the one to be used.
  /// `role`: of who saves, where the server knows it.
  VersionInfo save(const std::string& by, const std::string& reason, bool approve,
                   const std::string& role = {});

  /// How the present state differs from the one before review.
  std::vector<StructureEdits> edits() const;

 private:
  using Op = nlohmann::json;
  void begin();
  void take_up_draft();
  void check_case() const;
  void take(const Op& op);  ///< applies, writes to the journal, then counts
  static void apply(const Op& op, Structures& structures, const Grid& grid);
  std::string journal_head(const ReviewState& state) const;
  std::vector<StructureEdits> edits_of_all(const Structures& structures) const;

  OpenedCase opened_;
  std::vector<Comparison> comparisons_;
  ReviewSettings settings_;
  Messages& messages_;
  VersionStore store_;
  Structures originals_;  ///< of version 0
  std::unique_ptr<Journal> journal_;
  mutable std::mutex state_mutex_, edit_mutex_, cache_mutex_;
  std::shared_ptr<const ReviewState> state_;
  struct Measured {
    std::shared_ptr<const evaluation::BoxedMask> mask;
    StructureEdits edits;
  };
  mutable std::map<int, Measured> measured_;
  mutable std::shared_ptr<const Version> read_version_;
};

}  // namespace anatomynet::review
