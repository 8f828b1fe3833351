#include "core/warning.h"

#include "core/text.h"

namespace anatomynet::core {

std::string with_files(const Warning& warning) {
  constexpr std::size_t named = 3;
  std::string list;
  for (std::size_t i = 0; i < warning.files.size() && i < named; ++i)
    list += (i ? ", " : "") + warning.files[i].string();
  if (warning.files.size() > named) list += " and " + std::to_string(warning.files.size() - named) + " more";
  return clean_text((list.empty() ? "" : list + ": ") + warning.text, longest_message);
}

std::string without_files(const Warning& warning) { return clean_text(warning.text, longest_message); }

}  // namespace anatomynet::core
