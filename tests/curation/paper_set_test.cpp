#include <map>
#include <set>

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include "common/temporary_folder.h"
#include "curation/source.h"
#include "curation/trees.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;

// The configuration's tables as sources on a tree with the first and last case of each part of the challenge.
TEST(PaperSet, SelectsThePartsOfTheChallengeApart) {
  const test::TemporaryFolder folder;
  const std::set<std::string> training{"0522c0001", "0522c0328", "0522c0329",
                                       "0522c0479", "0522c0788", "0522c0878"},
      test_set{"0522c0555", "0522c0746", "0522c0667"};
  for (const auto* ids : {&training, &test_set})
    for (const std::string& id : *ids) {
      fs::create_directories(folder / ("pddca/" + id + "/structures"));
      test::write_bytes(folder / ("pddca/" + id + "/img.nrrd"), "");
      test::write_bytes(folder / ("pddca/" + id + "/structures/Chiasm.nrrd"), "");
    }
  const toml::table config = toml::parse_file(ANATOMYNET_SOURCE_DIR "/configs/anatomynet-261.toml");
  std::map<Split, std::set<std::string>> found;
  std::map<std::string, std::int64_t> expected;
  for (const toml::node& node : *config["source"].as_array()) {
    const toml::table& table = *node.as_table();
    SourceOptions options;
    options.name = table["name"].value<std::string>().value();
    const std::string split = table["split"].value<std::string>().value();
    expected[split] += table["expect"].value<std::int64_t>().value();
    options.split = split == "test" ? Split::test : Split::training;
    if (const toml::array* only = table["only"].as_array())
      for (const toml::node& id : *only) options.only.push_back(id.value<std::string>().value());
    const std::string kind = table["kind"].value<std::string>().value();
    if (kind != "pddca") continue;
    options.path = folder / table["path"].value<std::string>().value();
    std::vector<Note> notes;
    for (const CaseRef& ref : make_source(kind, options)->list(notes, {})) {
      EXPECT_EQ(ref.split, *options.split);
      EXPECT_TRUE(found[ref.split].insert(ref.id).second) << ref.id << " twice";
    }
  }
  EXPECT_EQ(found[Split::training], training);
  EXPECT_EQ(found[Split::test], test_set);
  EXPECT_EQ(expected["training"], 261);
  EXPECT_EQ(expected["test"], 10);
}

}  // namespace
}  // namespace anatomynet::curation
