#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::review {

/// One organ of one approved case, as edits.json has it.
struct EditRecord {
  std::filesystem::path store;
  std::string case_name, model, reviewer, at, organ, generation;
  int version = 0;
  bool unchanged = false, drawn_new = false;
  double seconds = 0;
  std::map<std::string, double> figures;  ///< by key; those that are defined alone

  std::optional<double> figure(const std::string& key) const;
};

/// Of all stores below some folders, in the order of their approval. What cannot be read, and stores without
/// an approval, become a line of `notes`.
std::vector<EditRecord> read_edit_records(const std::vector<std::filesystem::path>& folders,
                                          std::vector<std::string>& notes);

/// CSV with a row an organ and case.
std::string records_table(const std::vector<EditRecord>& records);

/// A page: share unchanged and medians by organ, by model and by reviewer; of each organ control charts of
/// surface Dice, added path a slice and seconds over the cases in the order of their approval; the cases with
/// the lowest surface Dice, linked by paths relative to `page_folder`.
std::string records_page(const std::vector<EditRecord>& records, const std::filesystem::path& page_folder);

}  // namespace anatomynet::review
