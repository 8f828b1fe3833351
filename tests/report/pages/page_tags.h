#pragma once
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace anatomynet::test {

/// The tags of a page, "<...>"; fails where they are not nested as they must be.
inline std::vector<std::string> tags_of(const std::string& page) {
  std::vector<std::string> tags, open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::string tag = page.substr(at, page.find('>', at) + 1 - at);
    tags.push_back(tag);
    if (tag == "<script>") at = page.find("</script>", at) - 1;  // its own language
    const std::size_t from = tag[1] == '/' ? 2 : 1;
    const std::string name = tag.substr(from, tag.find_first_of(" >/\n", from) - from);
    if (tag[1] == '!' || tag[tag.size() - 2] == '/' || name == "meta" || name == "img" || name == "input")
      continue;
    if (from == 1) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      ADD_FAILURE() << tag << " closes " << (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
  return tags;
}

}  // namespace anatomynet::test
