#include "curation/dataset_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/known_organs.h"

namespace anatomynet::curation {
namespace {

using nlohmann::json;

class DatasetFolders : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* id : {"pt_1", "pt_2", "pt_3"}) add_case(id);
    put(description());
  }
  static json description() {
    return {{"channel_names", {{"0", "CT"}}},
            {"labels", {{"background", 0}, {"Brainstem", 1}, {"Mandible", 2}, {"Larynx", 3}}},
            {"numTraining", 3},
            {"file_ending", ".nii.gz"}};
  }
  void add_case(const std::string& id) {
    test::write_bytes(folder_ / ("imagesTr/" + id + "_0000.nii.gz"), "");
    test::write_bytes(folder_ / ("labelsTr/" + id + ".nii.gz"), "");
  }
  void put(const json& dataset) { test::write_bytes(folder_ / "dataset.json", dataset.dump()); }
  void put_splits(const json& splits) { test::write_bytes(folder_ / "splits_final.json", splits.dump()); }
  DatasetFolder read() { return read_dataset_folder(folder_.path()); }

  template <class Spoil>
  void expect_refused(std::initializer_list<std::string> parts, Spoil spoil) {
    json j = description();
    spoil(j);
    put(j);
    test::expect_refused(ErrorKind::input, {(folder_ / "dataset.json").string()}, [&] { read(); });
    test::expect_refused(ErrorKind::input, parts, [&] { read(); });
  }
  static std::vector<std::string> ids(const std::vector<DatasetCase>& cases) {
    std::vector<std::string> all;
    for (const DatasetCase& c : cases) all.push_back(c.id);
    return all;
  }

  test::TemporaryFolder folder_;
};

using Ids = std::vector<std::string>;

TEST_F(DatasetFolders, InNnunetsLayout) {
  const DatasetFolder set = read();
  EXPECT_EQ(ids(set.training), (Ids{"pt_1", "pt_2", "pt_3"}));
  EXPECT_TRUE(set.validation.empty());
  EXPECT_EQ(set.training[1].image, folder_ / "imagesTr/pt_2_0000.nii.gz");
  EXPECT_EQ(set.training[1].labels, folder_ / "labelsTr/pt_2.nii.gz");
  EXPECT_TRUE(std::filesystem::exists(set.training[1].image));
}

TEST_F(DatasetFolders, OtherEndingsAndStrayFiles) {
  test::write_bytes(folder_ / "imagesTr/a_0000.nrrd", "");
  test::write_bytes(folder_ / "labelsTr/a.nrrd", "");
  json j = description();
  j["file_ending"] = ".nrrd";
  put(j);
  EXPECT_EQ(ids(read().training), Ids{"a"});
}

TEST_F(DatasetFolders, GivesStandardOrgansTheirIds) {
  const DatasetFolder set = read();
  ASSERT_EQ(set.organs.size(), 3u);
  EXPECT_EQ(set.organs[0], *find_organ(standard_organs(), 1));
  EXPECT_EQ(set.organs[1], *find_organ(standard_organs(), 3));  // by its PDDCA name
  EXPECT_EQ(set.organ_of_value[0], 0);
  EXPECT_EQ(set.organ_of_value[1], 1);
  EXPECT_EQ(set.organ_of_value[2], 3);
}

TEST_F(DatasetFolders, GivesForeignOrgansIdsOfTheirOwn) {
  json j = description();
  j["labels"] = {{"background", 0}, {"Tongue", 3},      {"Eye_L", 10},
                 {"Lips", 31},      {"Parotid_L", 200}, {"Tonsil", 255}};
  put(j);
  const DatasetFolder set = read();
  std::set<int> used;
  for (const Organ& organ : set.organs) {
    EXPECT_TRUE(used.insert(organ.id).second) << organ.name;
    const Organ* known = find_organ(known_organs(), organ.id);
    EXPECT_TRUE(!known || known->name == organ.name) << organ.name << " has a known organ's id";
  }
  EXPECT_NO_THROW(check_organs(set.organs, "set"));
  EXPECT_EQ(set.organ_of_value[200], 6);
  EXPECT_EQ(set.organ_of_value[10], find_organ(set.organs, "Eye_L")->id);
  EXPECT_EQ(find_organ(set.organs, "Eye_L")->id, 13);
  EXPECT_EQ(set.organ_of_value[31], find_organ(set.organs, "Lips")->id);
  EXPECT_EQ(find_organ(set.organs, "Lips")->id, 31);  // kept: nobody else's
  EXPECT_EQ(set.organ_of_value[3], find_organ(set.organs, "Tongue")->id);
  EXPECT_EQ(set.organ_of_value[255], find_organ(set.organs, "Tonsil")->id);
}

TEST_F(DatasetFolders, TakesTheAnnotatedOrgans) {
  json j = description();
  j["annotated"] = {{"pt_1", {"Brainstem"}}, {"pt_2", {"Bone_Mandible", "Larynx"}}};
  j["description"] = "three patients";
  j["attribution"] = "somebody";
  put(j);
  const DatasetFolder set = read();
  const int larynx = find_organ(set.organs, "Larynx")->id;
  EXPECT_EQ(set.training[0].annotated, std::vector<int>{1});
  EXPECT_EQ(set.training[1].annotated, (std::vector<int>{3, larynx}));
  EXPECT_EQ(set.training[2].annotated, (std::vector<int>{1, 3, larynx}));
  EXPECT_EQ(set.description, "three patients");
  EXPECT_EQ(set.attribution, "somebody");
}

TEST_F(DatasetFolders, TakesWeightsAndPartialExtents) {
  json j = description();
  j["annotated"] = {{"pt_1", {{"Brainstem", 0.25}, {"Larynx", 1}}}, {"pt_2", {"Larynx"}}};
  j["partial_extent"] = {{"pt_1", {"Brainstem"}}};
  put(j);
  const DatasetFolder set = read();
  const int larynx = find_organ(set.organs, "Larynx")->id;
  EXPECT_EQ(set.training[0].annotated, (std::vector<int>{1, larynx}));
  EXPECT_EQ(set.training[0].weights, (std::map<int, float>{{1, 0.25f}}));
  EXPECT_EQ(set.training[0].partial_extent, std::vector<int>{1});
  EXPECT_TRUE(set.training[1].weights.empty() && set.training[1].partial_extent.empty());
  for (const json& weight : {json(0), json(-1), json(101), json(nullptr), json("1")})
    expect_refused({"pt_1"}, [&](json& bad) { bad["annotated"]["pt_1"] = {{"Brainstem", weight}}; });
  expect_refused({"pt_1", "partial_extent", "Lung"},
                 [](json& bad) { bad["partial_extent"]["pt_1"] = {"Lung"}; });
  expect_refused({"partial_extent", "pt_9"}, [](json& bad) { bad["partial_extent"]["pt_9"] = {"Larynx"}; });
}

TEST_F(DatasetFolders, TakesSeveralValuesAndMapsOfOneOrgan) {
  json j = description();
  j["labels"] = {{"background", {0, 7}}, {"Eye_L", {13, 15}}, {"Eye_R", {16, 14}}};
  test::write_bytes(folder_ / "more.nii.gz", "");
  j["dataset"] = {
      {"a", {{"images", {"imagesTr/pt_1_0000.nii.gz"}}, {"label", {"labelsTr/pt_1.nii.gz", "more.nii.gz"}}}}};
  put(j);
  const DatasetFolder set = read();
  ASSERT_EQ(set.organs.size(), 2u);
  for (const int value : {13, 15}) EXPECT_EQ(set.organ_of_value[std::size_t(value)], 13);
  for (const int value : {14, 16}) EXPECT_EQ(set.organ_of_value[std::size_t(value)], 14);
  EXPECT_TRUE(opposite_side(set.organs, set.organs[0]));
  EXPECT_EQ(set.training[0].labels, folder_ / "labelsTr/pt_1.nii.gz");
  EXPECT_EQ(set.training[0].labels_over, std::vector<std::filesystem::path>{folder_ / "more.nii.gz"});
  expect_refused({"case a", "empty list"}, [&](json& bad) {
    bad["dataset"] = {{"a", {{"images", {"imagesTr/pt_1_0000.nii.gz"}}, {"label", json::array()}}}};
  });
}

TEST_F(DatasetFolders, RefusesToMeasureOnAScanThatIsLearntFrom) {
  json j = description();
  const auto entry = [](const char* image, const char* label) {
    return json{{"images", {image}}, {"label", label}};
  };
  j["dataset"] = {{"one", entry("imagesTr/pt_1_0000.nii.gz", "labelsTr/pt_1.nii.gz")},
                  {"two", entry("imagesTr/../imagesTr/pt_1_0000.nii.gz", "labelsTr/pt_2.nii.gz")}};
  put(j);
  put_splits({{{"train", {"one"}}, {"val", {"two"}}}});
  test::expect_refused(ErrorKind::input, {"one", "two", "same image"}, [&] { read(); });
  put_splits({{{"train", {"one", "two"}}, {"val", json::array()}}});
  EXPECT_EQ(ids(read().training), (Ids{"one", "two"}));
}

TEST_F(DatasetFolders, LeavesOutCasesWithoutAnyAnnotation) {
  json j = description();
  j["annotated"]["pt_2"] = json::array();
  put(j);
  const DatasetFolder set = read();
  EXPECT_EQ(ids(set.training), (Ids{"pt_1", "pt_3"}));
  EXPECT_EQ(set.without_organs, Ids{"pt_2"});
}

TEST_F(DatasetFolders, ValidatesOnTheFirstFold) {
  put_splits(
      {{{"train", {"pt_1", "pt_3"}}, {"val", {"pt_2"}}}, {{"train", {"pt_2"}}, {"val", {"pt_1", "pt_3"}}}});
  const DatasetFolder set = read();
  EXPECT_EQ(ids(set.training), (Ids{"pt_1", "pt_3"}));
  EXPECT_EQ(ids(set.validation), Ids{"pt_2"});
}

TEST_F(DatasetFolders, HoldsOutWhatTheFoldDoesNotTrainOn) {
  // nnU-Net trains on "train" alone: a case in neither list is nobody's to train on.
  put_splits({{{"train", {"pt_1"}}, {"val", {"pt_2"}}}});
  EXPECT_EQ(ids(read().training), Ids{"pt_1"});
}

TEST_F(DatasetFolders, RefusesSplitsOfAnotherSet) {
  const std::string file = (folder_ / "splits_final.json").string();
  const auto refused = [&](std::initializer_list<std::string> parts, const json& splits) {
    put_splits(splits);
    test::expect_refused(ErrorKind::input, {file}, [&] { read(); });
    test::expect_refused(ErrorKind::input, parts, [&] { read(); });
  };
  refused({"pt_9"}, {{{"train", {"pt_1"}}, {"val", {"pt_9"}}}});
  refused({"pt_8"}, {{{"train", {"pt_8"}}, {"val", {"pt_2"}}}});
  refused({"pt_2", "both"}, {{{"train", {"pt_1", "pt_2"}}, {"val", {"pt_2"}}}});
  refused({"wrong type"}, {{"val", {"pt_1"}}});
  refused({"wrong type"}, json::array());
  refused({"wrong type"}, {{{"train", {"pt_1"}}, {"val", {1}}}});
  test::write_bytes(file, "[{");
  test::expect_refused(ErrorKind::input, {file, "JSON"}, [&] { read(); });
}

TEST_F(DatasetFolders, ListingTheirFiles) {
  test::write_bytes(folder_ / "ct/a.nrrd", "");
  test::write_bytes(folder_ / "seg/a.nrrd", "");
  json j = description();
  j["dataset"] = {{"patient a", {{"images", {"ct/a.nrrd"}}, {"label", "seg/a.nrrd"}}}};
  put(j);
  const DatasetFolder set = read();
  ASSERT_EQ(ids(set.training), Ids{"patient a"});
  EXPECT_EQ(set.training[0].image, folder_ / "ct/a.nrrd");
  EXPECT_EQ(set.training[0].labels, folder_ / "seg/a.nrrd");
  j["dataset"]["patient a"]["images"][0] = (folder_ / "ct/a.nrrd").string();  // absolute
  put(j);
  EXPECT_EQ(read().training[0].image, folder_ / "ct/a.nrrd");
}

TEST_F(DatasetFolders, RefusesLabelsThatCannotBe) {
  expect_refused({"'Brainstem'", "region"}, [](json& j) { j["labels"]["Brainstem"] = {1, 2}; });
  expect_refused({"'Brainstem'", "integer"}, [](json& j) { j["labels"]["Brainstem"] = "1"; });
  expect_refused({"'Brainstem'", "integer"}, [](json& j) { j["labels"]["Brainstem"] = 1.5; });
  expect_refused({"'Brainstem'", "256"}, [](json& j) { j["labels"]["Brainstem"] = 256; });
  expect_refused({"'Brainstem'", "-1"}, [](json& j) { j["labels"]["Brainstem"] = -1; });
  expect_refused({"'Brainstem'", "4294967297"}, [](json& j) { j["labels"]["Brainstem"] = 4294967297; });
  expect_refused({"value 2", "two labels"}, [](json& j) { j["labels"]["Brainstem"] = 2; });
  // Two values for one organ: TG-263 and PDDCA names of the same.
  expect_refused({"'Bone_Mandible'", "'Mandible'", "same organ"},
                 [](json& j) { j["labels"]["Bone_Mandible"] = 5; });
  expect_refused({"names no organ"}, [](json& j) { j["labels"] = {{"background", 0}}; });
  expect_refused({"wrong type"}, [](json& j) { j.erase("labels"); });
  // An area nobody has looked at must not become background without a word.
  expect_refused({"'ignore'", "annotated"}, [](json& j) { j["labels"]["ignore"] = 4; });
}

TEST_F(DatasetFolders, RefusesNamesThatAreNoFileNames) {
  for (const char* name : {"../../../stolen", "/tmp/stolen", "a/b", "..", "a\nb", ""}) {
    json j = description();
    j["labels"][name] = 7;
    put(j);
    test::expect_refused(ErrorKind::input, {"dataset.json", "label"}, [&] { read(); });
  }
}

TEST_F(DatasetFolders, RefusesFilesThatAreNotThere) {
  expect_refused({"no cases"}, [](json& j) { j["file_ending"] = ".mha"; });
  expect_refused({"case pt_9", "nowhere.nii"}, [](json& j) {
    j["dataset"] = {{"pt_9", {{"images", {"nowhere.nii"}}, {"label", "labelsTr/pt_1.nii.gz"}}}};
  });
  expect_refused({"wrong type"}, [](json& j) {
    j["dataset"] = {{"pt_9", {{"images", json::array()}, {"label", "labelsTr/pt_1.nii.gz"}}}};
  });
  std::filesystem::remove(folder_ / "imagesTr/pt_2_0000.nii.gz");
  expect_refused({"case pt_2", "pt_2_0000.nii.gz", "does not exist"}, [](json&) {});
  std::filesystem::remove_all(folder_ / "labelsTr");
  put(description());
  test::expect_refused(ErrorKind::input, {"labelsTr"}, [&] { read(); });
}

TEST_F(DatasetFolders, RefusesAnnotationsOfNothing) {
  expect_refused({"case pt_9"}, [](json& j) { j["annotated"]["pt_9"] = {"Brainstem"}; });
  expect_refused({"case pt_1", "'Parotid_L'"}, [](json& j) { j["annotated"]["pt_1"] = {"Parotid_L"}; });
  expect_refused({"wrong type"}, [](json& j) { j["annotated"]["pt_1"] = "Brainstem"; });
  expect_refused({"annotated"}, [](json& j) { j["annotated"] = {"pt_1"}; });
}

TEST_F(DatasetFolders, NamesTheKeyThatIsMissingOrOfAnotherType) {
  expect_refused({"'labels'"}, [](json& j) { j.erase("labels"); });
  expect_refused({"/dataset/a/label", "string"}, [](json& j) {
    j["dataset"]["a"] = {{"images", {"imagesTr/pt_1_0000.nii.gz"}}, {"label", 7}};
  });
  expect_refused({"/dataset/a", "'images'"}, [](json& j) { j["dataset"]["a"] = {{"label", "x"}}; });
}

TEST_F(DatasetFolders, SaysThatAFirstVersionsDescriptionIsOne) {
  expect_refused({"nnU-Net v1", "\"Brainstem\": 1", "nnUNetv2_convert_old_nnUNet_dataset"}, [](json& j) {
    j["labels"] = {{"0", "background"}, {"1", "Brainstem"}};
  });
}

TEST_F(DatasetFolders, RefusesIdsAndPathsThatNoFileCanHave) {
  const auto with_case = [](const std::string& id, const std::string& image) {
    return [=](json& j) { j["dataset"][id] = {{"images", {image}}, {"label", "labelsTr/pt_1.nii.gz"}}; };
  };
  for (const char* id : {"../../stolen", "a/b", "..", "", "a\nb"})
    expect_refused({"name of a file"}, with_case(id, "imagesTr/pt_1_0000.nii.gz"));
  expect_refused({"case a", "does not exist"}, with_case("a", std::string(300, 'x')));
}

TEST_F(DatasetFolders, RefusesNestingThatWouldOverflowTheStack) {
  for (const char* name : {"dataset.json", "splits_final.json"}) {
    put(description());
    test::write_bytes(folder_ / name, std::string(60'000, '[') + std::string(60'000, ']'));
    test::expect_refused(ErrorKind::input, {name, "nested"}, [&] { read(); });
  }
}

TEST_F(DatasetFolders, RefusesWhatIsNoDescription) {
  const std::string file = (folder_ / "dataset.json").string();
  for (const char* text : {"", "{", "[]", "3", "\xff"}) {
    test::write_bytes(file, text);
    test::expect_refused(ErrorKind::input, {file}, [&] { read(); });
  }
  std::filesystem::remove(file);
  test::expect_refused(ErrorKind::input, {file, "cannot be opened"}, [&] { read(); });
  test::expect_refused(ErrorKind::input, {"absent"}, [&] { read_dataset_folder(folder_ / "absent"); });
}

}  // namespace
}  // namespace anatomynet::curation
