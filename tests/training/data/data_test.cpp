#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/grids.h"
#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "model/model_file.h"
#include "model/organ_json.h"
#include "model/tensor_file.h"
#include "network/weights.h"
#include "training/cases.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

dataset::LabelledCase labelled(const Mat3& direction) {
  const Grid grid{.size = {12, 15, 10}, .spacing = {3, 3, 3}, .origin = {10, 20, 30}, .direction = direction};
  return {"pt_7", CtVolume(grid, -1000), LabelVolume(grid), {6, 7, 1}};
}

TEST(Prepare, PutsEveryVoxelWhereItLies) {
  for (const Mat3& direction : test::axis_directions()) {
    dataset::LabelledCase source = labelled(direction);
    source.ct.at(3, 11, 8) = 700;
    source.labels.at(3, 11, 8) = 7;
    source.labels.at(4, 2, 1) = 99;  // no organ of ours
    const TrainingCase c = prepare(source, test::three_organs(), {});
    for (int k = 0; k < 3; ++k) ASSERT_GT(c.grid.direction[k][k], 0.99);
    const Vec3 at = c.grid.to_index(source.ct.grid.to_world({3, 11, 8}));
    const auto x = std::lround(at[0]), y = std::lround(at[1]), z = std::lround(at[2]);
    EXPECT_EQ(c.image[z][y][x].item<int>(), 700);
    EXPECT_EQ(c.labels[z][y][x].item<int>(), 2);  // id 7 is the second organ
    EXPECT_EQ(c.labels.sum().item<std::int64_t>(), 2);
    EXPECT_EQ(c.truth.at(x, y, z), 2);
    EXPECT_TRUE(same_grid(c.truth.grid, c.grid, 1e-6));
  }
}

TEST(Prepare, ResamplesToTheInputsSpacing) {
  const dataset::LabelledCase source = labelled(test::rotation(0, 0, 0));
  dataset::InputOptions input;
  input.spacing = {1.5, 5, 3};
  const TrainingCase c = prepare(source, test::three_organs(), input);
  EXPECT_EQ(c.grid.size, (Size3{24, 9, 10}));
  EXPECT_EQ(c.image.sizes().vec(), (std::vector<std::int64_t>{10, 9, 24}));
  EXPECT_EQ(c.labels.sizes(), c.image.sizes());
  EXPECT_EQ(c.truth.grid.size, source.ct.grid.size);
  EXPECT_EQ(c.image.min().item<int>(), -1000);
  EXPECT_EQ(c.image.max().item<int>(), -1000);
}

TEST(Prepare, FlagsWhatIsAnnotated) {
  dataset::LabelledCase source = labelled(test::rotation(0, 0, 0));
  const auto flags = [&](std::vector<int> annotated) {
    source.annotated = std::move(annotated);
    const Tensor t = prepare(source, test::three_organs(), {}).annotated;
    return std::vector<float>(t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
  };
  EXPECT_EQ(flags({6, 7, 1}), (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(flags({1, 9}), (std::vector<float>{0, 0, 0, 1}));
  EXPECT_EQ(flags({}), (std::vector<float>{0, 0, 0, 0}));
}

TEST(Prepare, RefusesLabelsOfAnotherGeometry) {
  const auto refused = [](auto spoil) {
    dataset::LabelledCase source = labelled(test::rotation(0, 0, 0));
    spoil(source.labels);
    test::expect_refused(ErrorKind::input, {"pt_7", "12 x 15 x 10"},
                         [&] { prepare(source, test::three_organs(), {}); });
  };
  refused([](LabelVolume& l) { l.grid.origin[2] += 3; });
  refused([](LabelVolume& l) { l.grid.spacing[0] = 3.1; });
  refused([](LabelVolume& l) { l.grid.direction[1][1] = -1; });
  refused([](LabelVolume& l) {
    l = LabelVolume(Grid{.size = {12, 15, 9}, .spacing = {3, 3, 3}, .origin = {10, 20, 30}});
  });
}

TEST(ScaleHu, ClipsToTheWindow) {
  const Tensor scaled = scale_hu(torch::tensor({-3000, -200, 0, 600, 1400, 3000}, torch::kShort), -200, 1400);
  EXPECT_TRUE(torch::allclose(scaled, torch::tensor({0.0f, 0.0f, 0.125f, 0.5f, 1.0f, 1.0f})));
}

class PackedSets : public testing::Test {
 protected:
  static TrainingSet sample() {
    TrainingSet set = test::small_set(2, 1);
    set.input = {-200, 1400, {3, 2.5, 2}};
    set.training[1].annotated[2] = 0;
    set.training[1].annotated[0] = 0;
    set.training[0].truth =
        LabelVolume(Grid{.size = {1, 1, 1}});  // as sets are packed: training needs no truth
    set.validation[0].grid.direction = test::rotation(0.1, 0, 0.05);
    set.validation[0].grid.origin = {1.0 / 3, -2, 7};
    return set;
  }
  // What versions before compression wrote.
  static model::TensorFile first_format(const TrainingSet& set) {
    using nlohmann::json;
    model::TensorFile file;
    const auto grid = [](const Grid& g) {
      return json{{"size", g.size}, {"spacing", g.spacing}, {"origin", g.origin}, {"direction", g.direction}};
    };
    const auto add = [&](const std::vector<TrainingCase>& cases) {
      json list = json::array();
      for (const TrainingCase& c : cases) {
        file.tensors.push_back(network::to_named(c.id + "/image", c.image));
        file.tensors.push_back(network::to_named(c.id + "/labels", c.labels));
        file.tensors.push_back(network::to_named(c.id + "/annotated", c.annotated));
        const Size3& s = c.truth.grid.size;
        model::NamedTensor truth{c.id + "/truth", model::ElementType::uint8, {s[2], s[1], s[0]}, {}};
        truth.bytes.resize(c.truth.voxels.size());
        std::memcpy(truth.bytes.data(), c.truth.voxels.data(), c.truth.voxels.size());
        file.tensors.push_back(std::move(truth));
        list.push_back({{"id", c.id}, {"grid", grid(c.grid)}, {"truth_grid", grid(c.truth.grid)}});
      }
      return list;
    };
    json j{{"organs", model::organs_to_json(set.organs)},
           {"hu_low", set.input.hu_low},
           {"hu_high", set.input.hu_high},
           {"spacing_mm", set.input.spacing},
           {"description", set.description},
           {"attribution", set.attribution},
           {"training", add(set.training)},
           {"validation", add(set.validation)}};
    file.metadata["anatomynet_set"] = j.dump();
    return file;
  }
  template <class Spoil>
  void expect_damaged(std::initializer_list<std::string> parts, Spoil spoil) {
    model::TensorFile file = first_format(sample());
    nlohmann::json j = nlohmann::json::parse(file.metadata.at("anatomynet_set"));
    spoil(file, j);
    file.metadata["anatomynet_set"] = j.dump();
    model::write_tensor_file(path_, file);
    test::expect_refused(ErrorKind::input, {path_.string()}, [&] { read_packed_set(path_); });
    test::expect_refused(ErrorKind::input, parts, [&] { read_packed_set(path_); });
  }
  static model::NamedTensor& tensor(model::TensorFile& file, const std::string& name) {
    for (model::NamedTensor& t : file.tensors)
      if (t.name == name) return t;
    throw std::runtime_error("no " + name);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "set.safetensors";
};

void expect_same_set(const TrainingSet& in, const TrainingSet& out) {
  EXPECT_EQ(in.organs, out.organs);
  EXPECT_EQ(in.input.hu_low, -200);
  EXPECT_EQ(in.input.hu_high, 1400);
  EXPECT_EQ(in.input.spacing, out.input.spacing);
  EXPECT_EQ(in.description, out.description);
  EXPECT_EQ(in.attribution, out.attribution);
  const auto same = [](const std::vector<TrainingCase>& a, const std::vector<TrainingCase>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].id, b[i].id);
      const TrainingCase x = loaded(a[i]), y = loaded(b[i]);
      EXPECT_EQ(x.id, y.id);
      EXPECT_TRUE(torch::equal(x.image, y.image));
      EXPECT_TRUE(torch::equal(x.labels, y.labels));
      EXPECT_TRUE(torch::equal(x.annotated, y.annotated));
      EXPECT_TRUE(same_grid(x.grid, y.grid, 0));
      EXPECT_EQ(x.truth.voxels, y.truth.voxels);
      EXPECT_TRUE(same_grid(x.truth.grid, y.truth.grid, 0));
    }
  };
  same(in.training, out.training);
  same(in.validation, out.validation);
}

TEST_F(PackedSets, ComeBackAsTheyWere) {
  write_packed_set(path_, sample());
  const TrainingSet set = read_packed_set(path_);
  expect_same_set(set, sample());
  write_packed_set(folder_ / "again", set);
  EXPECT_EQ(test::read_bytes(folder_ / "again"), test::read_bytes(path_));
}

TEST_F(PackedSets, OfTheFirstFormatAreStillRead) {
  model::write_tensor_file(path_, first_format(sample()));
  expect_same_set(read_packed_set(path_), sample());
}

TEST_F(PackedSets, AreUsedAtTheirSpacingWithTheConfigurationsWindow) {
  write_packed_set(path_, sample());
  const TrainingSet set = read_packed_set(path_, {-160, 240, {3, 2.5, 2}});
  EXPECT_EQ(set.input.hu_low, -160);
  EXPECT_EQ(set.input.hu_high, 240);
  test::expect_refused(ErrorKind::input, {path_.string(), "3 x 2.5 x 2", "3 x 3 x 3"}, [&] {
    read_packed_set(path_, {-160, 240, {3, 3, 3}});
  });
}

TEST_F(PackedSets, RefuseDamage) {
  using nlohmann::json;
  expect_damaged({"damaged"}, [](model::TensorFile&, json& j) { j.erase("organs"); });
  expect_damaged({"listed twice"},
                 [](model::TensorFile&, json& j) { j["organs"][1]["id"] = j["organs"][0]["id"]; });
  expect_damaged({"case train1", "no labels"},
                 [](model::TensorFile& f, json&) { tensor(f, "train1/labels").name = "x"; });
  expect_damaged({"case train1", "image"}, [](model::TensorFile& f, json&) {
    model::NamedTensor& t = tensor(f, "train1/image");
    t.shape = {12, 12, 6, 2};
  });
  expect_damaged({"case train1", "image"}, [](model::TensorFile& f, json&) {
    model::NamedTensor& t = tensor(f, "train1/image");
    t = {t.name, model::ElementType::float32, t.shape, std::vector<std::byte>(12 * 12 * 12 * 4)};
  });
  expect_damaged({"case train0", "labels"},
                 [](model::TensorFile& f, json&) { tensor(f, "train0/labels").bytes[77] = std::byte{3}; });
  expect_damaged({"case valid0", "truth"},
                 [](model::TensorFile& f, json&) { tensor(f, "valid0/truth").bytes[77] = std::byte{200}; });
  expect_damaged({"case train0", "annotated"}, [](model::TensorFile& f, json&) {
    model::NamedTensor& t = tensor(f, "train0/annotated");
    t.shape = {2};
    t.bytes.resize(8);
  });
  expect_damaged({"case train0", "image"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["size"] = {12, 12, 6};
  });
  expect_damaged({"case train0", "spacing"}, [](model::TensorFile&, json& j) {
    j["training"][0]["grid"]["spacing"] = {1, 0, 1};
  });
  expect_damaged({"case valid0", "truth"}, [](model::TensorFile&, json& j) {
    j["validation"][0]["truth_grid"]["size"] = {1000000, 1000000, 1000000};
  });
  expect_damaged({"HU"}, [](model::TensorFile&, json& j) { j["hu_high"] = -200; });
  expect_damaged({"spacing"}, [](model::TensorFile&, json& j) { j["spacing_mm"] = {3, 3, -3}; });
}

TEST_F(PackedSets, RefuseOtherFiles) {
  model::write_model(path_, {.name = "m", .architecture = "AnatomyNet", .organs = test::three_organs()}, {});
  test::expect_refused(ErrorKind::input, {path_.string(), "no packed data set"},
                       [&] { read_packed_set(path_); });
  test::write_bytes(path_, "text");
  try {
    read_packed_set(path_);
    FAIL();
  } catch (const Error& e) {
    const std::string text = e.what();
    EXPECT_EQ(exit_code(e.kind()), 3);
    EXPECT_EQ(text.find(path_.string()), text.rfind(path_.string())) << "named twice: " << text;
  }
}

}  // namespace
}  // namespace anatomynet::training
