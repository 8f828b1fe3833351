#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace anatomynet::curation {

/// Someone whose images a source holds, by what tells who it is.
struct PatientIdentity {
  std::string id;                      ///< Patient ID, as the source has it
  std::vector<std::string> aliases{};  ///< further IDs
  std::vector<std::string> names{};
  bool open = false;  ///< not hidden: the collection itself calls files and cases so
};

/// The patients of a curation by number, from 1 within each source: all that a run says or writes calls them
/// so. Who is who stands in the key alone, and is not written anywhere with --anonymise.
class PatientKey {
 public:
  struct Patient {
    std::string source;
    int number = 0;
    PatientIdentity who;
  };

  /// Numbers that an earlier run gave stay as they are: call before `add`.
  void remember(const std::string& source, int number, const std::string& id);
  /// The patients of a source, in any order and any number of times; new ones get the next numbers, in the
  /// order of their IDs.
  void add(const std::string& source, const std::vector<PatientIdentity>& patients);

  /// 0 for a patient that was not added.
  int number(const std::string& source, const std::string& id) const;
  const std::vector<Patient>& patients() const { return patients_; }

  /// `text` with "[patient N]" wherever an ID or name of a patient stands in it, in paths in particular:
  /// folders and files are often called after the patient. Upper and lower case and what parts the words of a
  /// name do not matter. Short IDs, and given names by themselves, count only as words of their own, or, with
  /// one letter, as a whole part of a path.
  std::string hide(const std::string& text) const;

 private:
  struct Secret {
    int number = 0;
    bool word = false;  // only as a word of its own
  };
  void add_secret(const std::string& text, int number, bool whole = false);

  std::vector<Patient> patients_;
  std::map<std::pair<std::string, std::string>, int> numbers_;     // source and ID
  std::unordered_map<std::string, Secret> secrets_;                // what is hidden, in lower case
  std::map<char, std::set<std::size_t, std::greater<>>> lengths_;  // of the secrets that begin with it
};

}  // namespace anatomynet::curation
