#pragma once
#include <string>
#include <vector>

namespace anatomynet::curation {

/// The words of a ROI's name (UTF-8): lower case, Latin letters without accents, split at separators, between
/// letters and digits and at camel case ("LParotid_03" to l, parotid, 03). "~" (TG-263: partial) and "+"
/// (with a margin, or with another organ) are words.
std::vector<std::string> roi_words(const std::string& name);

}  // namespace anatomynet::curation
