#include "review/review.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/known_organs.h"
#include "core/output.h"
#include "core/parallel_for.h"
#include "core/text.h"
#include "core/version.h"
#include "review/colour.h"

namespace anatomynet::review {
namespace {

using evaluation::BoxedMask;
using nlohmann::json;

constexpr std::size_t longest_name = 64, longest_reason = 1000, most_structures = 500;
constexpr double most_seconds = 24 * 3600;  // of one change
constexpr int first_drawn_id = 2001;        // beyond those of any input that has fewer than 1000 structures

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// A text that a person gave: one clean line that DICOM can hold, where blanks at the ends do not count.
void require_text(const std::string& text, const char* what, std::size_t most, bool may_be_empty) {
  if ((text.empty() && !may_be_empty) || text.size() > most || clean_text(text) != text ||
      text.find('\\') != std::string::npos || text.starts_with(' ') || text.ends_with(' '))
    throw Refused(400, std::string(what) + " must be one line of " + (may_be_empty ? "at most " : "1 to ") +
                           std::to_string(most) + " bytes, without \\ and without blanks at its ends");
}

LabelBox box_from(const json& box) {
  LabelBox out;
  for (std::size_t k = 0; k < 3; ++k) {
    out.low[k] = box.at(k);
    out.size[k] = box.at(k + 3).get<std::int64_t>() - out.low[k];
  }
  return out;
}

Structure& structure_at(Structures& structures, int id) {
  Structure* const found = find_structure(structures, id);
  if (!found) throw Refused(404, "there is no structure " + std::to_string(id));
  return *found;
}

void require_free_label(const Structures& structures, const std::string& label, int but) {
  for (const Structure& one : structures)
    if (one.organ.id != but && lower(one.label) == lower(label))
      throw Refused(400, "there is a structure " + label + " already");
}

void name_it(Structure& structure, const std::string& name) {
  structure.label = name;
  Organ organ;
  if (const Organ* const known = find_organ(known_organs(), name)) organ = *known;
  organ.id = structure.organ.id;
  organ.colour = structure.organ.colour;
  if (organ.name.empty()) organ.name = name;
  structure.organ = organ;
}

void require_seconds(double seconds) {
  if (!(seconds >= 0 && seconds <= most_seconds))
    throw Refused(400, "seconds must lie between 0 and " + std::to_string(int(most_seconds)));
}

// Not a lock, a colour, or time that was spent.
bool is_for_a_version(const json& op) { return op.at("op") != "change" || op.contains("name"); }

std::array<std::uint8_t, 3> asked_colour(const std::string& text) {
  if (const auto colour = colour_from(text)) return *colour;
  throw Refused(400, "a colour must be as #ff8800");
}

}  // namespace

Review::Review(OpenedCase opened, std::vector<Comparison> comparisons, ReviewSettings settings,
               Messages& messages)
    : opened_(std::move(opened)),
      comparisons_(std::move(comparisons)),
      settings_(std::move(settings)),
      messages_(messages),
      store_(settings_.store, messages) {
  begin();
}

// Of which case the store is, so that it is never taken for another.
void Review::check_case() const {
  const auto file = store_.folder() / "case.json";
  const Grid& grid = opened_.grid;
  const std::string series = opened_.ct.dicom ? opened_.ct.dicom->series_instance_uid : "";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (store_.read_only())
      throw Error(ErrorKind::input, store_.folder().string() +
                                        ": the review that goes on there has just "
                                        "begun; try again in a moment");
    const nlohmann::ordered_json all{{"program", std::string("anatomynet ") + anatomynet::version()},
                                     {"case", opened_.name},
                                     {"begun", utc_text(std::time(nullptr), iso_8601)},
                                     {"ct_series_uid", series},
                                     {"ct", clean_text(opened_.ct_path)},
                                     {"size_xyz", grid.size},
                                     {"spacing_xyz_mm", grid.spacing},
                                     {"origin_lps_mm", grid.origin},
                                     {"direction", grid.direction},
                                     {"input", clean_text(opened_.origin.input)},
                                     {"input_sha256", opened_.origin.input_digest},
                                     {"model", opened_.origin.model},
                                     {"weights", opened_.origin.weights},
                                     {"template", opened_.origin.template_file},
                                     {"template_sha256", opened_.origin.template_sha256},
                                     {"made_by", opened_.origin.program},
                                     {"predecessor", opened_.origin.predecessor}};
    write_file_atomically(file, json_text(all, 2) + "\n");
    return;
  }
  reading_json(file.string(), ErrorKind::input, [&] {
    const json known = read_json(file);
    Grid kept;
    kept.size = known.at("size_xyz");
    kept.spacing = known.at("spacing_xyz_mm");
    kept.origin = known.at("origin_lps_mm");
    kept.direction = known.at("direction");
    if (!same_grid(kept, grid, 0.01) || known.at("ct_series_uid") != series)
      throw Error(
          ErrorKind::input,
          store_.folder().string() + ": holds the review of another CT; choose another place with --store");
    if (known.at("input_sha256") != opened_.origin.input_digest)
      messages_.warning(opened_.origin.input +
                        ": was changed since its review began, which goes on with what it was; for a review "
                        "of the new contours choose another place with --store");
  });
}

void Review::begin() {
  check_case();
  if (!store_.has(0)) {
    if (store_.read_only())
      throw Error(ErrorKind::input, store_.folder().string() +
                                        ": the review that goes on there has just "
                                        "begun; try again in a moment");
    VersionInfo info;
    info.made = utc_text(std::time(nullptr), iso_8601);
    info.by = opened_.origin.model.empty() ? opened_.origin.program : opened_.origin.model;
    info.reason = "before review";
    info.instance = opened_.origin.predecessor;
    store_.add(info,
               [this](OutputFolder& out, VersionInfo& made) { write_masks(out, opened_.structures, made); });
  }
  originals_ = store_.read(0, opened_.grid).structures;
  take_up_draft();
}

void Review::take_up_draft() {
  const JournalContents left = read_journal(store_.journal());
  if (left.torn) messages_.warning("the draft ends in a change that was not written whole; it is left out");
  ReviewState now;
  if (left.records.empty()) {
    now.base = store_.versions().back().number;
    now.structures = store_.read(now.base, opened_.grid).structures;
  } else {
    const std::string where = store_.journal().string();
    reading_json(where, ErrorKind::input, [&] {
      const json head = parse_json(left.records.front(), where);
      now.base = head.at("base");
      now.revision = head.at("revision");
      now.structures = store_.read(now.base, opened_.grid).structures;
      for (std::size_t i = 1; i < left.records.size(); ++i, ++now.revision) {
        const json op = parse_json(left.records[i], where);
        apply(op, now.structures, opened_.grid);
        now.changed = now.changed || is_for_a_version(op);
      }
    });
    if (left.records.size() > 1)
      messages_.info(std::to_string(left.records.size() - 1) + " changes of the draft are taken up again");
  }
  if (may_edit()) {
    journal_ = std::make_unique<Journal>(store_.journal());
    if (left.records.empty()) journal_->restart(journal_head(now));
  }
  const std::lock_guard guard(state_mutex_);
  state_ = std::make_shared<const ReviewState>(std::move(now));
}

bool Review::take_over() {
  const std::lock_guard guard(edit_mutex_);
  if (may_edit()) return true;
  if (!store_.take_over(messages_)) return false;
  take_up_draft();
  return true;
}

std::string Review::journal_head(const ReviewState& state) const {
  return json_text(json{{"base", state.base}, {"revision", state.revision}});
}

std::shared_ptr<const ReviewState> Review::state() const {
  const std::lock_guard guard(state_mutex_);
  return state_;
}

std::shared_ptr<const Version> Review::version(int number) const {
  const std::lock_guard guard(cache_mutex_);
  if (read_version_ && read_version_->info.number == number) return read_version_;
  if (!store_.has(number)) throw Refused(404, "there is no version " + std::to_string(number));
  read_version_ = std::make_shared<const Version>(store_.read(number, opened_.grid));
  return read_version_;
}

void Review::require_editor() const {
  if (!may_edit()) throw Refused(423, "the case is open elsewhere (" + store_.editor() + "); look only");
}

void Review::apply(const Op& op, Structures& structures, const Grid& grid) {
  const std::string kind = op.at("op");
  if (kind == "mask") {
    Structure& structure = structure_at(structures, op.at("id"));
    structure.mask = std::make_shared<const BoxedMask>(
        replaced(*structure.mask, box_from(op.at("box")),
                 runs_from_bytes(from_base64(op.at("runs").get_ref<const std::string&>()))));
    structure.seconds += op.at("seconds").get<double>();
  } else if (kind == "add") {
    Structure structure;
    structure.organ.id = op.at("id");
    structure.organ.colour = asked_colour(op.at("colour"));
    structure.generation = manual;
    name_it(structure, op.at("name"));
    BoxedMask none;
    none.grid = grid;
    structure.mask = std::make_shared<const BoxedMask>(none);
    structures.push_back(std::move(structure));
  } else if (kind == "change") {
    Structure& structure = structure_at(structures, op.at("id"));
    if (op.contains("locked")) structure.locked = op["locked"];
    if (op.contains("colour")) structure.organ.colour = asked_colour(op["colour"]);
    if (op.contains("name")) name_it(structure, op["name"]);
    structure.seconds += op.value("seconds", 0.0);
  } else {
    throw Error(ErrorKind::input, "the draft holds a change of another version of this program");
  }
}

void Review::take(const Op& op) {
  const std::shared_ptr<const ReviewState> now = state();
  ReviewState next = *now;
  try {
    apply(op, next.structures, opened_.grid);
  } catch (const Refused&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::input) throw Refused(400, error.what());
    throw;
  }
  journal_->append(json_text(op));
  ++next.revision;
  next.changed = next.changed || is_for_a_version(op);
  const std::lock_guard guard(state_mutex_);
  state_ = std::make_shared<const ReviewState>(std::move(next));
}

std::int64_t Review::replace_mask(int id, std::int64_t seen, const LabelBox& box, const std::string& runs,
                                  double seconds) {
  const std::lock_guard guard(edit_mutex_);
  require_editor();
  const std::shared_ptr<const ReviewState> now = state();
  const Structure* const structure = find_structure(now->structures, id);
  if (!structure) throw Refused(404, "there is no structure " + std::to_string(id));
  if (seen != now->revision)
    throw Refused(409, "the change was made on revision " + std::to_string(seen) + ", the case is at " +
                           std::to_string(now->revision) + "; load the structure again");
  if (structure->locked) throw Refused(423, structure->label + " is locked");
  require_seconds(seconds);
  json corners = json::array();
  for (std::size_t k = 0; k < 6; ++k) corners.push_back(box.low[k % 3] + (k < 3 ? 0 : box.size[k % 3]));
  take({{"op", "mask"}, {"id", id}, {"box", corners}, {"runs", runs}, {"seconds", seconds}});
  return state()->revision;
}

int Review::add_structure(const std::string& name, const std::string& colour) {
  const std::lock_guard guard(edit_mutex_);
  require_editor();
  require_text(name, "name", longest_name, false);
  asked_colour(colour);
  const std::shared_ptr<const ReviewState> now = state();
  if (now->structures.size() >= most_structures)
    throw Refused(400, "a case has at most " + std::to_string(most_structures) + " structures");
  require_free_label(now->structures, name, 0);
  int id = first_drawn_id;
  for (const Structure& one : now->structures) id = std::max(id, one.organ.id + 1);
  take({{"op", "add"}, {"id", id}, {"name", name}, {"colour", colour}});
  return id;
}

std::int64_t Review::change_structure(int id, const Change& change) {
  const std::lock_guard guard(edit_mutex_);
  require_editor();
  const std::shared_ptr<const ReviewState> now = state();
  if (!find_structure(now->structures, id)) throw Refused(404, "there is no structure " + std::to_string(id));
  json op{{"op", "change"}, {"id", id}};
  if (change.locked) op["locked"] = *change.locked;
  if (change.colour) {
    asked_colour(*change.colour);
    op["colour"] = *change.colour;
  }
  if (change.name) {
    require_text(*change.name, "name", longest_name, false);
    require_free_label(now->structures, *change.name, id);
    op["name"] = *change.name;
  }
  require_seconds(change.seconds);
  if (change.seconds > 0) op["seconds"] = change.seconds;
  take(op);
  return state()->revision;
}

VersionInfo Review::save(const std::string& by, const std::string& reason, bool approve,
                         const std::string& role) {
  const std::lock_guard guard(edit_mutex_);
  require_editor();
  require_text(by, "by", longest_name, false);
  require_text(reason, "reason", longest_reason, true);
  ReviewState next = *state();
  for (Structure& one : next.structures)
    one.generation = generation_after_review(one, find_structure(originals_, one.organ.id));
  VersionInfo info;
  info.parent = next.base;
  info.made = utc_text(std::time(nullptr), iso_8601);
  info.by = by;
  info.role = role;
  info.reason = reason;
  info.approved = approve;
  const std::string predecessor = read_version_info(store_.folder_of(next.base)).instance;
  info = store_.add(info, [&](OutputFolder& out, VersionInfo& made) {
    write_version(out, opened_, next.structures, made, predecessor, settings_.style, messages_);
    if (!approve) return;
    const std::vector<StructureEdits> changed = edits_of_all(next.structures);
    write_file_atomically(out.stage("edits.json"), edits_document(opened_, made, changed));
    write_file_atomically(out.stage("edits.csv"), edits_table(opened_, made, changed));
  });
  next.base = info.number;
  next.changed = false;
  journal_->restart(journal_head(next));
  {
    const std::lock_guard state_guard(state_mutex_);
    state_ = std::make_shared<const ReviewState>(next);
  }
  if (approve) store_.set_approved(info);
  return info;
}

std::vector<StructureEdits> Review::edits() const { return edits_of_all(state()->structures); }

std::vector<StructureEdits> Review::edits_of_all(const Structures& structures) const {
  std::vector<StructureEdits> out(structures.size());
  parallel_for(structures.size(), 0, [&](std::size_t i) {
    const Structure& one = structures[i];
    const Structure* const before = find_structure(originals_, one.organ.id);
    {
      const std::lock_guard guard(cache_mutex_);
      const auto known = measured_.find(one.organ.id);
      if (known != measured_.end() && known->second.mask == one.mask &&
          known->second.edits.name == one.organ.name) {
        out[i] = known->second.edits;
        out[i].label = one.label;
        out[i].seconds = one.seconds;
        return;
      }
    }
    out[i] = edits_of(opened_, one, before);
    const std::lock_guard guard(cache_mutex_);
    measured_[one.organ.id] = {one.mask, out[i]};
  });
  return out;
}

}  // namespace anatomynet::review
