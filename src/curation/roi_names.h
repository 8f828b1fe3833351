#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/organs.h"

namespace anatomynet::curation {

/// What a ROI's name says. `organ` holds the standard organ; for a paired organ without a side in its name
/// `side_unknown` is true and `organ` is the left one.
struct NamedOrgan {
  enum class Verdict { organ, side_unknown, decoy, unknown };
  Verdict verdict = Verdict::unknown;
  int organ_id =
      0;  ///< of standard_organs() or the rules' own organs; the left one where the side is unknown
  int right_id = 0;    ///< of the organ on the right, where the side is unknown
  std::string reason;  ///< which rule decided, for reports: "mandible: mandibula", "decoy: ptv"
};

/// Rules that turn ROI names into organs, from TOML files (data/roi-names.toml is shipped; the format is
/// explained at its top). Later files add to and override earlier ones.
class RoiNames {
 public:
  /// The shipped rules.
  static RoiNames shipped();
  /// The same, and those of the organs beyond the standard nine (data/roi-names-more.toml), under the ids of
  /// known_organs().
  static RoiNames shipped_with_more();
  /// Adds the user's rules. Throws Error(usage) naming file and rule.
  void add(const std::filesystem::path& rules);
  /// `name` is UTF-8. Case, accents, separators, camel case and a last "1" do not matter. Never guesses.
  NamedOrgan operator()(const std::string& name) const;
  const OrganTable& organs() const { return organs_; }
  /// Equal for equal rules, in equal order.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Rule {
    std::string spelling;  ///< normalised, without spaces
    std::string shown;     ///< as in the file
    int left = 0, right = 0, single = 0;
    bool needs_side = false;
  };
  struct Words {
    std::vector<std::string> left, right, decoys, decoy_parts;
  };
  void add_text(const std::string& text, const std::string& where);
  NamedOrgan read(const std::vector<std::string>& words) const;
  const Rule* find(const std::string& joined, int side) const;
  Words words_;
  OrganTable organs_;
  std::uint64_t fingerprint_ = 0;
  std::vector<Rule> rules_;
};

}  // namespace anatomynet::curation
