#include <algorithm>

#include <gtest/gtest.h>

#include "core/error.h"
#include "curation/source.h"
#include "review/review_fixtures.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
namespace fs = std::filesystem;

TEST(ReviewedSource, ApprovedCasesBecomeTrainingCases) {
  test::TemporaryFolder folder;
  Messages messages;
  {
    Review review(test::dicom_case(folder, test::small_grid()), {}, {folder / "all/a", {}}, messages);
    review.replace_mask(1, 0, {{0, 0, 0}, {3, 4, 2}}, test::base64(Runs{0, 24}), 5);
    review.save("AB", "", true);
  }
  fs::remove_all(folder / "ct");
  io::write_ct_series(folder / "ct", test::ball_ct(test::small_grid()), {.uid_seed = "review test"});
  // As a run of the program records it.
  std::string about = test::read_bytes(folder / "all/a/case.json");
  about.replace(about.find("\"ct\": \"\""), 8, "\"ct\": \"" + (folder / "ct").string() + "\"");
  test::write_bytes(folder / "all/a/case.json", about);
  curation::SourceOptions options;
  options.name = "reviewed";
  options.path = folder / "all";
  const auto source = curation::make_source("reviewed", options);
  std::vector<curation::Note> notes;
  const auto refs = source->list(notes, {});
  ASSERT_EQ(refs.size(), 1u);
  EXPECT_EQ(refs[0].patient, "PHANTOM");
  const curation::RoiNames names = curation::RoiNames::shipped();
  const curation::LoadedCase loaded = source->load(refs[0], names);
  EXPECT_EQ(loaded.annotated.size(), 2u);  // the third has no voxel
  const int parotid = find_organ(names.organs(), "Parotid_L")->id;
  // Both claim some voxels; the smaller, the brain stem, has them.
  const auto drawn = test::three_structures(test::small_grid());
  const LabelVolume ring = pipeline::whole(*drawn[0].mask), stem = pipeline::whole(*drawn[1].mask);
  std::int64_t both = 0;
  for (std::size_t i = 0; i < ring.voxels.size(); ++i) both += ring.voxels[i] && stem.voxels[i];
  EXPECT_GT(both, 0);
  EXPECT_EQ(evaluation::boxed(loaded.labels, parotid).count, drawn[0].mask->count + 24 - both);
  const auto said = std::find_if(loaded.notes.begin(), loaded.notes.end(), [](const curation::Note& note) {
    return note.text.find("approved by AB") != std::string::npos;
  });
  ASSERT_NE(said, loaded.notes.end());
  EXPECT_NE(said->text.find("Parotid_L SEMIAUTOMATIC"), std::string::npos);
  ASSERT_EQ(loaded.quality.size(), 2u);
  EXPECT_EQ(loaded.quality.at("Parotid_L").made, "SEMIAUTOMATIC");
  EXPECT_EQ(loaded.quality.at("Brainstem").made, "AUTOMATIC");
  EXPECT_EQ(loaded.quality.at("Parotid_L").approved_by, "AB");
  EXPECT_FALSE(loaded.quality.at("Parotid_L").approved_at.empty());
  test::write_bytes(folder / "all/a/versions/0001/masks/Parotid_L.nii.gz", "changed since");
  EXPECT_THROW(source->load(refs[0], names), Error);
}

}  // namespace
