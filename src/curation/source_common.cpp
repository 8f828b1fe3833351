#include "curation/source_common.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <system_error>

#include "core/checksum.h"
#include "core/error.h"
#include "io/image/foreign_file.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> entries(const fs::path& folder, std::vector<Note>& notes, bool folders,
                              const std::string& ending) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') || it->is_directory(ignored) != folders) continue;
    if (folders || name.ends_with(ending)) found.push_back(it->path());
  }
  if (error) notes.push_back({Note::Kind::dropped, folder.string() + ": cannot be read: " + error.message()});
  std::sort(found.begin(), found.end());
  return found;
}

using Factory = std::unique_ptr<Source> (*)(const SourceOptions&);

const std::map<std::string, Factory>& factories() {
  static const std::map<std::string, Factory> kinds{
      {"pddca", make_pddca_source},      {"tcia", make_tcia_source},     {"deepmind", make_deepmind_source},
      {"openkbp", make_openkbp_source},  {"nnunet", make_nnunet_source}, {"folder", make_folder_source},
      {"reviewed", make_reviewed_source}};
  return kinds;
}

bool any_match(const std::vector<std::string>& patterns, const CaseRef& ref) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return matches(pattern, ref.id) || matches(pattern, ref.patient);
  });
}

}  // namespace

bool matches(const std::string& pattern, const std::string& text) {
  std::size_t p = 0, t = 0, star = std::string::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string safe_id(const std::string& id) {
  std::string safe;
  for (const char c : id) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    safe += plain ? c : '_';
  }
  if (safe.empty()) return "unnamed";
  if (safe.front() == '.') safe.front() = '_';
  constexpr std::size_t longest = 100;
  if (safe.size() <= longest) return safe;
  char sum[12];  // long names that begin alike stay different
  std::snprintf(sum, sizeof sum, "-%08x", static_cast<unsigned>(checksum(id) & 0xFFFFFFFFU));
  return safe.substr(0, longest - 9) + sum;
}

std::string rtog_id(const std::string& text) {
  for (std::size_t at = text.find("0522"); at != std::string::npos; at = text.find("0522", at + 1)) {
    if (at + 9 > text.size() || (text[at + 4] != 'c' && text[at + 4] != 'C')) continue;
    const std::string number = text.substr(at + 5, 4);
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    if (std::all_of(number.begin(), number.end(), digit)) return "0522c" + number;
  }
  return {};
}

bool same_axes(const Grid& a, const Grid& b) {
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c)
      if (std::abs(a.direction[r][c] - b.direction[r][c]) > 1e-3) return false;
  return true;
}

std::vector<fs::path> folders_in(const fs::path& folder, std::vector<Note>& notes) {
  return entries(folder, notes, true, "");
}

std::vector<fs::path> files_in(const fs::path& folder, const std::string& ending, std::vector<Note>& notes) {
  return entries(folder, notes, false, ending);
}

std::string split_name(Split split) {
  return split == Split::training ? "training" : split == Split::validation ? "validation" : "test";
}

Split split_named(const std::string& name, const std::string& where) {
  for (const Split split : {Split::training, Split::validation, Split::test})
    if (split_name(split) == name) return split;
  throw Error(ErrorKind::input, where + ": split '" + name + "' is not training, validation or test");
}

std::vector<CaseRef> selected(std::vector<CaseRef> refs, const SourceOptions& options,
                              std::vector<Note>& notes) {
  std::size_t left_out = 0;
  std::vector<CaseRef> kept;
  std::map<std::string, int> used;
  for (CaseRef& ref : refs) {
    ref.source = options.name;
    ref.id = safe_id(ref.id);
    if ((!options.only.empty() && !any_match(options.only, ref)) || any_match(options.except, ref)) {
      ++left_out;
      continue;
    }
    if (options.split) ref.split = *options.split;
    const std::string alias = rtog_id(ref.patient + " " + ref.id);
    if (!alias.empty() && std::find(ref.aliases.begin(), ref.aliases.end(), alias) == ref.aliases.end())
      ref.aliases.push_back(alias);
    kept.push_back(std::move(ref));
  }
  std::set<std::string> taken;
  for (CaseRef& ref : kept) {
    const std::string wish = ref.id;
    for (int n = 2; !taken.insert(ref.id).second; ++n) ref.id = wish + "_" + std::to_string(n);
  }
  if (left_out > 0)
    notes.push_back({Note::Kind::info, std::to_string(left_out) + " of " + std::to_string(refs.size()) +
                                           " cases left out by \"only\" and \"except\""});
  for (std::size_t i = 0; i < options.only.size(); ++i)  // by number, since the text may be a patient's ID
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const CaseRef& ref) { return any_match({options.only[i]}, ref); }))
      notes.push_back(
          {Note::Kind::warning, "entry " + std::to_string(i + 1) + " of \"only\" matches no case"});
  std::sort(kept.begin(), kept.end(), [](const CaseRef& a, const CaseRef& b) { return a.id < b.id; });
  return kept;
}

const std::vector<std::string>& source_kinds() {
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> names;
    for (const auto& [name, factory] : factories()) names.push_back(name);
    return names;
  }();
  return kinds;
}

std::unique_ptr<Source> make_source(const std::string& kind, const SourceOptions& options) {
  const auto it = factories().find(kind);
  if (it == factories().end()) {
    std::string known;
    for (const std::string& name : source_kinds()) known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorKind::usage,
                "source '" + options.name + "': unknown kind '" + kind + "', expected one of " + known);
  }
  std::error_code error;
  const fs::directory_iterator readable(options.path, error);
  if (error) {
    const std::string hint =
        io::is_image_file_name(options.path) ? std::string() : io::foreign_file_hint(options.path);
    throw Error(ErrorKind::input,
                "source '" + options.name + "': " + options.path.string() +
                    (hint.empty() ? " cannot be read as a folder: " + error.message() : " is " + hint));
  }
  return it->second(options);
}

}  // namespace anatomynet::curation
