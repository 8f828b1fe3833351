#include "adaptation/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "core/error.h"

namespace anatomynet::adaptation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Said : public Messages {
 public:
  void warning(const std::string& text) override { all += text + "\n"; }
  std::string all;
};

const std::vector<std::string> known{"Brainstem", "Glnd_Submand_L", "Parotid_L"}, refined{"Glnd_Submand_L"};

LocalCases ten_scans(std::map<std::string, std::size_t> drawn) {
  LocalCases local;
  local.scans = 10;
  local.drawn = std::move(drawn);
  return local;
}

TEST(Candidates, CalibrateWhatASecondNetworkDrawsAndSayThatItIsNotTrained) {
  Said said;
  const LocalCases local =
      ten_scans({{"Brainstem", 10}, {"Glnd_Submand_L", 10}, {"Parotid_L", 2}, {"Thyroid", 10}});
  const Candidates found = candidates(local, known, refined, {}, said);
  EXPECT_THAT(found.learnt, ElementsAre("Brainstem"));
  EXPECT_THAT(found.calibrated, ElementsAre("Brainstem", "Glnd_Submand_L"));
  EXPECT_THAT(said.all, HasSubstr("second network on a finer grid, which is calibrated and not trained: "
                                  "Glnd_Submand_L\n"));
  EXPECT_THAT(said.all, HasSubstr("fewer than 3 scans, kept as before: Parotid_L\n"));
  EXPECT_THAT(said.all, HasSubstr("not drawn by the weights and left out: Thyroid"));
  EXPECT_THAT(candidates(local, known, {}, {}, said).learnt, ElementsAre("Brainstem", "Glnd_Submand_L"));
}

TEST(Candidates, TakeCasesThatHaveNoOtherOrgan) {
  Said said;
  const Candidates found = candidates(ten_scans({{"Glnd_Submand_L", 10}}), known, refined, {}, said);
  EXPECT_THAT(found.learnt, IsEmpty());
  EXPECT_THAT(found.calibrated, ElementsAre("Glnd_Submand_L"));
}

TEST(Candidates, LearnANewOrganAndDoNotCalibrateIt) {
  Said said;
  AdaptOptions options;
  options.fresh = {"Thyroid"};
  const Candidates found = candidates(ten_scans({{"Thyroid", 10}}), known, refined, options, said);
  EXPECT_THAT(found.learnt, ElementsAre("Thyroid"));
  EXPECT_THAT(found.calibrated, IsEmpty());
}

TEST(Candidates, RefuseCasesWithoutAnOrganOfTheWeights) {
  Said said;
  test::expect_refused(ErrorKind::input, {"no organ to adapt", "too few of each"}, [&] {
    candidates(ten_scans({{"Glnd_Submand_L", 2}, {"Thyroid", 10}}), known, refined, {}, said);
  });
}

}  // namespace
}  // namespace anatomynet::adaptation
