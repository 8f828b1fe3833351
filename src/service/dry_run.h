#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/rules.h"

namespace anatomynet::service {

/// What the node would do with one CT series of a folder.
struct SeriesPlan {
  std::string folder;  ///< below the folder that was given, clean text
  std::string series_uid;
  SeriesFacts facts;
  const Rule* rule = nullptr;  ///< the first that takes it; none: it is kept, nothing is made of it
  std::vector<Explanation> explanations;  ///< of all rules
  std::string problem;                    ///< why it would not be contoured as it is, one line; mostly empty
};

/// Of every CT series below `folder`, as if `calling_ae` sent them to `called_ae`; nothing is sent, written
/// or contoured. Objects of other kinds are counted in a message. `rules` outlive the plans. Throws
/// Error(input) where the folder cannot be read or holds no CT.
std::vector<SeriesPlan> dry_run(const std::filesystem::path& folder, const std::vector<Rule>& rules,
                                const std::string& calling_ae, const std::string& called_ae,
                                Messages& messages);

/// The plans for people: a table, and under each line why the rules before took the series not. No value of
/// an attribute that may hold a name or an ID stands in it.
std::string plan_table(const std::vector<SeriesPlan>& plans);

/// The same as JSON (docs/rules.md).
std::string plan_json(const std::vector<SeriesPlan>& plans);

}  // namespace anatomynet::service
