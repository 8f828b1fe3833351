#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/names.h"

namespace anatomynet::service {

/// An attribute that a rule may look at.
struct MatchKey {
  std::string_view keyword;       ///< of PS3.6, or CallingAE, CalledAE
  unsigned short group, element;  ///< 0000,0000 for what the association says
  bool coded;                     ///< a short code rather than free text, in which a name might stand
};

/// All that rules may look at: what tells scans apart, nothing that tells patients apart.
std::span<const MatchKey> match_keys();

/// Whether `text` fits `pattern`: * stands for any characters, none too, ? for one; the case of ASCII letters
/// and blanks at both ends do not matter (as in PS3.4 C.2.2.2.4). Both are UTF-8.
bool fits_pattern(std::string_view text, std::string_view pattern);

/// What a rule asks of one attribute.
struct TagMatch {
  std::string keyword;
  std::vector<std::string> wanted;    ///< patterns of which one must fit; empty: anything will do
  std::vector<std::string> unwanted;  ///< patterns of which none may fit ("!" in the file)

  /// Of an attribute of several values (PS3.5 6.4, separated by backslashes) each counts; one that is absent
  /// is an empty text.
  bool fits(std::string_view values) const;

  std::string text() const;  ///< `StudyDescription = "*neck*"`
};

}  // namespace anatomynet::service
