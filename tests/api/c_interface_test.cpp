#include <cmath>
#include <cstring>
#include <limits>

#include "case_files.h"

namespace {

using namespace api_test;

// Structures are a part of the ABI: their sizes only grow, and only with the release.
TEST(CInterface, StructuresHaveTheSizesOfTheirRelease) {
  EXPECT_EQ(sizeof(anatomynet_grid), 144U);
  EXPECT_EQ(sizeof(anatomynet_labels), 24U);
  EXPECT_EQ(sizeof(anatomynet_model_options), 32U);
  EXPECT_EQ(sizeof(anatomynet_organ), 56U);
  EXPECT_EQ(sizeof(anatomynet_read_options), 56U);
  EXPECT_EQ(sizeof(anatomynet_contour_options), 48U);
  EXPECT_EQ(sizeof(anatomynet_organ_result), 80U);
  EXPECT_EQ(sizeof(anatomynet_dicom_options), 56U);
}

TEST(CInterface, VersionsAgree) {
  const std::string number = std::to_string(ANATOMYNET_VERSION_MAJOR) + "." +
                             std::to_string(ANATOMYNET_VERSION_MINOR) + "." +
                             std::to_string(ANATOMYNET_VERSION_PATCH);
  EXPECT_EQ(std::string(anatomynet_version()).rfind(number, 0), 0U) << anatomynet_version();
  EXPECT_EQ(anatomynet_version_number(),
            10000 * ANATOMYNET_VERSION_MAJOR + 100 * ANATOMYNET_VERSION_MINOR + ANATOMYNET_VERSION_PATCH);
}

TEST(CInterface, AModelTellsWhatItDraws) {
  const Model model = open_model();
  ASSERT_EQ(anatomynet_model_organ_count(model.get()), 9U);
  anatomynet_organ organ{};
  organ.size = sizeof organ;
  ASSERT_EQ(anatomynet_model_organ(model.get(), 5, &organ), ANATOMYNET_OK);
  EXPECT_STREQ(organ.name, "Parotid_L");
  EXPECT_EQ(organ.id, 6);
  EXPECT_EQ(organ.side, ANATOMYNET_LEFT);
  EXPECT_EQ(organ.colour[0], 80);
  EXPECT_NEAR(organ.validation_dice, 0.823, 0.001);
  EXPECT_EQ(anatomynet_model_phantom_only(model.get()), 1);
  EXPECT_NE(std::string(anatomynet_model_evidence(model.get())).find("validation_dice"), std::string::npos);
  EXPECT_EQ(anatomynet_model_organ(model.get(), 9, &organ), ANATOMYNET_USAGE);
  EXPECT_STREQ(anatomynet_last_error(), "organ 9 is out of range: there are 9");
}

TEST(CInterface, AModelFromMemoryIsTheSame) {
  const std::string bytes = read_file(weights);
  anatomynet_model* opened = nullptr;
  ASSERT_EQ(anatomynet_model_open_memory(bytes.data(), bytes.size(), nullptr, &opened), ANATOMYNET_OK)
      << anatomynet_last_error();
  const Model model(opened), same = open_model();
  EXPECT_STREQ(anatomynet_model_id(model.get()), anatomynet_model_id(same.get()));
  EXPECT_EQ(anatomynet_model_open_memory(bytes.data(), bytes.size() / 2, nullptr, &opened), ANATOMYNET_MODEL);
  EXPECT_EQ(opened, nullptr);
}

TEST(CInterface, ArrayFolderAndSixteenBitsGiveTheSameLabels) {
  const Model model = open_model();
  const Ct ct = read_ct(dicom_folder);
  const Array array = array_of(ct.get());
  const std::vector<std::uint8_t> expected = contoured(model.get(), array);
  ASSERT_FALSE(expected.empty()) << anatomynet_last_error();
  EXPECT_GT(std::count_if(expected.begin(), expected.end(), [](int v) { return v > 0; }), 300);

  std::vector<std::uint8_t> voxels(expected.size());
  const anatomynet_labels labels = labels_in(voxels);
  ASSERT_EQ(anatomynet_contour_ct(model.get(), ct.get(), &labels, nullptr, nullptr), ANATOMYNET_OK);
  EXPECT_TRUE(voxels == expected);

  std::vector<std::uint16_t> wide(expected.size(), 7);
  const anatomynet_labels wide_labels{wide.data(), wide.size(), ANATOMYNET_UINT16};
  ASSERT_EQ(anatomynet_contour_ct(model.get(), ct.get(), &wide_labels, nullptr, nullptr), ANATOMYNET_OK);
  EXPECT_TRUE(std::equal(wide.begin(), wide.end(), expected.begin()));
}

TEST(CInterface, PaddingBelowTheScannersCircleCountsAsAir) {
  const Model model = open_model();
  Array array = array_of(read_ct(image_file).get());
  const std::size_t corner = 5;
  array.hu[corner] = -1024;
  const std::vector<std::uint8_t> expected = contoured(model.get(), array);
  array.hu[corner] = -3024;
  EXPECT_TRUE(contoured(model.get(), array) == expected);
  EXPECT_EQ(array.hu[corner], -3024) << "the caller's CT was changed";
}

TEST(CInterface, AResultIsThatOfSegment) {
  const Model model = open_model();
  const Ct ct = read_ct(dicom_folder);
  const Array array = array_of(ct.get());
  std::vector<std::uint8_t> voxels(array.hu.size());
  const anatomynet_labels labels = labels_in(voxels);
  anatomynet_result* made = nullptr;
  ASSERT_EQ(anatomynet_contour_ct(model.get(), ct.get(), &labels, nullptr, &made), ANATOMYNET_OK);
  const Result result(made);
  EXPECT_EQ(anatomynet_result_quality_json(made), read_file(segment_folder + "/quality.json"));
  ASSERT_EQ(anatomynet_result_organ_count(made), 9U);
  double least = 1;
  for (std::size_t i = 0; i < 9; ++i) {
    anatomynet_organ_result organ{};
    organ.size = sizeof organ;
    ASSERT_EQ(anatomynet_result_organ(made, i, &organ), ANATOMYNET_OK);
    const auto counted = std::count(voxels.begin(), voxels.end(), organ.organ_id);
    EXPECT_EQ(organ.voxels, counted);
    EXPECT_NEAR(organ.ml, double(counted) * 0.216, 1e-9);  // 6 mm cubed
    EXPECT_EQ(organ.score<0.5, organ.reason_count> 0);
    least = std::min(least, organ.score);
    for (std::size_t r = 0; r < organ.reason_count; ++r) {
      EXPECT_STRNE(anatomynet_result_reason_code(made, i, r), "");
      EXPECT_STRNE(anatomynet_result_reason_text(made, i, r), "");
    }
    EXPECT_STREQ(anatomynet_result_reason_code(made, i, organ.reason_count), "");
  }
  EXPECT_LE(anatomynet_result_score(made), least);
}

TEST(CInterface, ChosenOrgansHaveTheLabelsOfAFullRun) {
  const Model model = open_model();
  const Array array = array_of(read_ct(image_file).get());
  std::vector<std::uint8_t> expected = contoured(model.get(), array);
  for (std::uint8_t& v : expected) v = v == 3 || v == 6 ? v : 0;
  anatomynet_contour_options options{};
  options.size = sizeof options;
  options.organs = "Parotid_L,Bone_Mandible";
  EXPECT_TRUE(contoured(model.get(), array, &options) == expected);

  options.organs = "Parotid_L,Spleen";
  EXPECT_TRUE(contoured(model.get(), array, &options).empty());
  EXPECT_NE(std::string(anatomynet_last_error()).find("Spleen"), std::string::npos)
      << anatomynet_last_error();
}

// Every way to call contour wrongly: the status, a part of the text, and labels that nobody has touched.
TEST(CInterface, RefusesWhatIsWrong) {
  const Model model = open_model();
  const Array good = array_of(read_ct(image_file).get());
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::uint8_t> voxels(good.hu.size(), 99);
  const anatomynet_labels labels = labels_in(voxels);
  const auto refused = [&](const Array& ct, std::size_t count, const anatomynet_labels* to,
                           const anatomynet_contour_options* options, anatomynet_status status,
                           const char* text) {
    anatomynet_result* result = reinterpret_cast<anatomynet_result*>(8);
    EXPECT_EQ(anatomynet_contour(model.get(), ct.hu.data(), count, &ct.grid, to, options, &result), status)
        << text;
    EXPECT_NE(std::string(anatomynet_last_error()).find(text), std::string::npos) << anatomynet_last_error();
    EXPECT_EQ(result, nullptr);
    EXPECT_EQ(std::count(voxels.begin(), voxels.end(), 99), std::ptrdiff_t(voxels.size()));
  };
  const auto with = [&](auto change) {
    Array ct = good;
    change(ct.grid);
    return ct;
  };
  const std::size_t n = good.hu.size();
  refused(good, n - 1, &labels, nullptr, ANATOMYNET_USAGE, "the grid has");
  refused(with([](auto& g) { g.size[2] = 0; }), n, &labels, nullptr, ANATOMYNET_INPUT, "size 0");
  refused(with([](auto& g) { g.size[0] = g.size[1] = INT64_MAX; }), n, &labels, nullptr, ANATOMYNET_INPUT,
          "the CT");
  for (const double bad : {nan, 0.0, -1.0, HUGE_VAL})
    refused(with([&](auto& g) { g.spacing[1] = bad; }), n, &labels, nullptr, ANATOMYNET_INPUT, "spacing");
  refused(with([&](auto& g) { g.origin[0] = nan; }), n, &labels, nullptr, ANATOMYNET_INPUT, "origin");
  refused(with([&](auto& g) { g.direction[4] = nan; }), n, &labels, nullptr, ANATOMYNET_INPUT, "axes");
  refused(with([&](auto& g) { g.direction[1] = 0.5; }), n, &labels, nullptr, ANATOMYNET_INPUT, "axes");

  refused(good, n, nullptr, nullptr, ANATOMYNET_USAGE, "labels is a null pointer");
  anatomynet_labels wrong = labels;
  wrong.voxels = nullptr;
  refused(good, n, &wrong, nullptr, ANATOMYNET_USAGE, "labels->voxels is a null pointer");
  wrong = labels;
  --wrong.count;
  refused(good, n, &wrong, nullptr, ANATOMYNET_USAGE, "labels->count");
  wrong = labels;
  wrong.type = static_cast<anatomynet_label_type>(4);
  refused(good, n, &wrong, nullptr, ANATOMYNET_USAGE, "labels->type is 4");

  anatomynet_contour_options options{};
  refused(good, n, &labels, &options, ANATOMYNET_USAGE, "field size is 0");
  options.size = sizeof options;
  options.post_processing = "magic";
  refused(good, n, &labels, &options, ANATOMYNET_USAGE, "magic");

  Array flat = good;
  std::fill(flat.hu.begin(), flat.hu.end(), std::int16_t{0});
  refused(flat, n, &labels, nullptr, ANATOMYNET_INPUT, "no HU");
  EXPECT_EQ(anatomynet_contour(nullptr, good.hu.data(), n, &good.grid, &labels, nullptr, nullptr),
            ANATOMYNET_USAGE);
  EXPECT_EQ(anatomynet_contour(model.get(), nullptr, n, &good.grid, &labels, nullptr, nullptr),
            ANATOMYNET_USAGE);
  EXPECT_EQ(anatomynet_contour(model.get(), good.hu.data(), n, nullptr, &labels, nullptr, nullptr),
            ANATOMYNET_USAGE);
}

TEST(CInterface, OptionsOfANewerReleaseServeWhereTheyAskForNothingNew) {
  struct Newer {
    anatomynet_model_options known;
    std::int64_t added;
  } newer{};
  newer.known.size = sizeof newer;
  newer.known.precision = "fp32";
  EXPECT_NE(open_model(&newer.known), nullptr);
  newer.added = 1;
  anatomynet_model* model = nullptr;
  EXPECT_EQ(anatomynet_model_open(weights.c_str(), &newer.known, &model), ANATOMYNET_USAGE);
  EXPECT_NE(std::string(anatomynet_last_error()).find("does not know"), std::string::npos);
}

TEST(CInterface, NullHandlesAndIndicesOutOfRangeAnswerWithNothing) {
  anatomynet_model_close(nullptr);
  anatomynet_model_release_memory(nullptr);
  anatomynet_ct_close(nullptr);
  anatomynet_result_close(nullptr);
  anatomynet_structures_close(nullptr);
  EXPECT_STREQ(anatomynet_model_name(nullptr), "");
  EXPECT_EQ(anatomynet_model_organ_count(nullptr), 0U);
  std::size_t count = 5;
  EXPECT_EQ(anatomynet_ct_voxels(nullptr, &count), nullptr);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(anatomynet_ct_is_dicom(nullptr), 0);
  EXPECT_STREQ(anatomynet_ct_warning_text(nullptr, 0), "");
  EXPECT_TRUE(std::isnan(anatomynet_result_score(nullptr)));
  EXPECT_STREQ(anatomynet_result_quality_json(nullptr), "");
  EXPECT_STREQ(anatomynet_structures_name(nullptr, 0), "");
  EXPECT_EQ(anatomynet_model_open(nullptr, nullptr, nullptr), ANATOMYNET_USAGE);
  anatomynet_ct* ct = nullptr;
  EXPECT_EQ(anatomynet_ct_read("/nonexistent", nullptr, &ct), ANATOMYNET_INPUT);
  EXPECT_STREQ(anatomynet_last_error(), "/nonexistent: no such file or folder");
}

TEST(CInterface, AnRtstructOrSegIsReadBackAsItWas) {
  const Model model = open_model();
  const Ct ct = read_ct(dicom_folder);
  const std::vector<std::uint8_t> expected = contoured(model.get(), array_of(ct.get()));
  std::vector<std::uint8_t> given = expected;
  const anatomynet_labels labels = labels_in(given);
  for (const bool seg : {false, true}) {
    const std::string path = testing::TempDir() + (seg ? "api-seg.dcm" : "api-rtstruct.dcm");
    ASSERT_EQ((seg ? anatomynet_write_seg : anatomynet_write_rtstruct)(ct.get(), model.get(), &labels,
                                                                       path.c_str(), nullptr),
              ANATOMYNET_OK)
        << anatomynet_last_error();
    anatomynet_structures* read = nullptr;
    ASSERT_EQ(anatomynet_structures_read(path.c_str(), ct.get(), nullptr, &read), ANATOMYNET_OK)
        << anatomynet_last_error();
    const Structures structures(read);
    std::vector<std::uint8_t> painted(expected.size());
    const anatomynet_labels canvas = labels_in(painted);
    for (std::size_t i = 0; i < anatomynet_structures_count(read); ++i) {
      EXPECT_STREQ(anatomynet_structures_name(read, i), anatomynet_structures_organ(read, i));
      for (std::size_t k = 0; k < 9; ++k) {
        anatomynet_organ organ{};
        organ.size = sizeof organ;
        ASSERT_EQ(anatomynet_model_organ(model.get(), k, &organ), ANATOMYNET_OK);
        if (std::strcmp(organ.name, anatomynet_structures_organ(read, i)) != 0) continue;
        std::size_t voxels = 0, overwritten = 1;
        ASSERT_EQ(
            anatomynet_structures_paint(read, i, std::uint16_t(organ.id), &canvas, &voxels, &overwritten),
            ANATOMYNET_OK);
        EXPECT_EQ(std::ptrdiff_t(voxels), std::count(expected.begin(), expected.end(), organ.id));
        EXPECT_EQ(overwritten, 0U);
      }
    }
    EXPECT_TRUE(painted == expected) << path;
    EXPECT_EQ(anatomynet_structures_paint(read, 99, 1, &canvas, nullptr, nullptr), ANATOMYNET_USAGE);
    EXPECT_EQ(anatomynet_structures_paint(read, 0, 256, &canvas, nullptr, nullptr), ANATOMYNET_USAGE);
  }
}

TEST(CInterface, NoDicomObjectWithoutADicomCtOrOfUnknownLabels) {
  const Model model = open_model();
  const Ct image = read_ct(image_file), ct = read_ct(dicom_folder);
  std::vector<std::uint8_t> voxels(array_of(ct.get()).hu.size());
  const anatomynet_labels labels = labels_in(voxels);
  const std::string path = testing::TempDir() + "api-refused.dcm";
  EXPECT_EQ(anatomynet_write_rtstruct(image.get(), model.get(), &labels, path.c_str(), nullptr),
            ANATOMYNET_USAGE);
  voxels[0] = 77;
  EXPECT_EQ(anatomynet_write_seg(ct.get(), model.get(), &labels, path.c_str(), nullptr), ANATOMYNET_USAGE);
  EXPECT_NE(std::string(anatomynet_last_error()).find("label 77"), std::string::npos)
      << anatomynet_last_error();
  voxels[0] = 0;
  EXPECT_EQ(anatomynet_write_seg(ct.get(), model.get(), &labels, path.c_str(), nullptr), ANATOMYNET_INPUT);
  voxels[0] = 3;
  EXPECT_EQ(anatomynet_write_seg(ct.get(), model.get(), &labels, "/nonexistent/x.dcm", nullptr),
            ANATOMYNET_OUTPUT);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
