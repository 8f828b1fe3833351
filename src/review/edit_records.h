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
  // Empty where it is not known, or none was used.
  std::string weights, template_file, template_sha256, role;
  int version = 0;
  bool unchanged = false, drawn_new = false;
  double seconds = 0;
  std::map<std::string, double> figures;  ///< by key; those that are defined alone

  std::optional<double> figure(const std::string& key) const;
};

/// What records can be grouped by.
enum class Grouping { organ, model, weights, structure_template, reviewer, role };
/// "organ", "model", "weights", "template", "reviewer", "role", in the enumeration's order.
const std::vector<std::string>& grouping_names();
/// What a record is of; a template's name comes with the first digits of its checksum.
std::string group_of(const EditRecord& record, Grouping by);

/// Of all stores below some folders, in the order of their approval. What cannot be read, and stores without
/// an approval, become a line of `notes`.
std::vector<EditRecord> read_edit_records(const std::vector<std::filesystem::path>& folders,
                                          std::vector<std::string>& notes);

/// CSV with a row an organ and case.
std::string records_table(const std::vector<EditRecord>& records);

/// CSV with a row an organ and group: share unchanged and the medians of the page, of structures that there
/// were before review; how many were drawn new. By organ: a row an organ.
std::string groups_table(const std::vector<EditRecord>& records, Grouping by);

/// A page: share unchanged and medians by each Grouping; of each organ, and within it of each group of
/// `charted`, control charts of surface Dice, added path a slice and seconds over the cases in the order of
/// their approval; the cases with the lowest surface Dice and those out of limits, linked by paths relative
/// to `page_folder`.
std::string records_page(const std::vector<EditRecord>& records, const std::filesystem::path& page_folder,
                         Grouping charted = Grouping::organ);

}  // namespace anatomynet::review
