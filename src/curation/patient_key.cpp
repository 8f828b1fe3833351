#include "curation/patient_key.h"

#include <algorithm>
#include <string_view>

namespace anatomynet::curation {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : text) {
    if (!letter(c) && !digit(c)) {
      within = false;
      continue;
    }
    if (!within) words.emplace_back();
    within = true;
    words.back() += c;
  }
  return words;
}

// Whether a secret that stands in the text from `at` to `end` is meant, and not part of something else.
bool stands_alone(std::string_view text, std::size_t at, std::size_t end, bool whole_word) {
  const std::string_view secret = text.substr(at, end - at);
  const char before = at > 0 ? text[at - 1] : ' ', after = end < text.size() ? text[end] : ' ';
  const bool whole = !letter(before) && !digit(before) && !letter(after) && !digit(after);
  if (whole_word) return whole;
  const bool numeric = std::all_of(secret.begin(), secret.end(), digit);
  if (secret.size() >= 5 && !numeric) return true;
  // Numbers are also parts of UIDs.
  if (numeric && ((before == '.' && at > 1 && digit(text[at - 2])) ||
                  (after == '.' && end + 1 < text.size() && digit(text[end + 1]))))
    return false;
  if (secret.size() >= 6) return !digit(before) && !digit(after);
  if (secret.size() < 2) return before == '/' && (after == '/' || after == '.' || end == text.size());
  return whole;
}

void add_new(std::vector<std::string>& list, const std::vector<std::string>& more,
             const std::string& not_this) {
  for (const std::string& one : more)
    if (!one.empty() && one != not_this && std::find(list.begin(), list.end(), one) == list.end())
      list.push_back(one);
}

}  // namespace

void PatientKey::remember(const std::string& source, int number, const std::string& id) {
  numbers_.emplace(std::pair(source, id), number);
}

void PatientKey::add(const std::string& source, const std::vector<PatientIdentity>& patients) {
  std::map<std::string, PatientIdentity> by_id;
  for (const PatientIdentity& one : patients) {
    PatientIdentity& all = by_id.emplace(one.id, PatientIdentity{one.id, {}, {}, true}).first->second;
    all.open = all.open && one.open;
    add_new(all.aliases, one.aliases, one.id);
    add_new(all.names, one.names, one.id);
  }
  int last = 0;
  for (const auto& [key, number] : numbers_)
    if (key.first == source) last = std::max(last, number);
  for (auto& [id, who] : by_id) {
    const auto [it, fresh] = numbers_.emplace(std::pair(source, id), last + 1);
    if (fresh) ++last;
    patients_.push_back({source, it->second, who});
    if (who.open) continue;
    add_secret(id, it->second);
    for (const std::string& alias : who.aliases) add_secret(alias, it->second);
    for (const std::string& name : who.names) {
      add_secret(name, it->second);
      const std::vector<std::string> words = words_of(name);  // the family name comes first
      for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i].size() >= 4) add_secret(words[i], it->second, i > 0);
    }
  }
}

int PatientKey::number(const std::string& source, const std::string& id) const {
  const auto it = numbers_.find({source, id});
  return it == numbers_.end() ? 0 : it->second;
}

// As it is, and as names of files have it: "Doe^Jane" is also Doe_Jane, DOE JANE, Jane_Doe and doejane.
void PatientKey::add_secret(const std::string& text, int number, bool whole) {
  std::vector<std::string> forms{text};
  std::vector<std::string> words = words_of(text);
  if (words.size() > 1)
    for (int turn = 0; turn < 2; ++turn) {
      for (const char* between : {"_", " ", "-", "", ".", ",", ", ", "^"}) {
        std::string form;
        for (const std::string& word : words) form += (form.empty() ? "" : between) + word;
        forms.push_back(form);
      }
      std::rotate(words.begin(), words.begin() + 1, words.end());
    }
  for (std::string& form : forms) {
    form = lower(form);
    if (form.empty()) continue;
    secrets_.emplace(form, Secret{number, whole});
    lengths_[form.front()].insert(form.size());
  }
}

std::string PatientKey::hide(const std::string& text) const {
  const std::string low = lower(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    if (const auto lengths = lengths_.find(low[at]); lengths != lengths_.end())
      for (const std::size_t length : lengths->second) {
        const auto found = at + length > low.size() ? secrets_.end() : secrets_.find(low.substr(at, length));
        if (found == secrets_.end() || !stands_alone(low, at, at + length, found->second.word)) continue;
        out += "[patient " + std::to_string(found->second.number) + "]";
        at += length;
        break;
      }
    if (at == before) out += text[at++];
  }
  return out;
}

}  // namespace anatomynet::curation
