#include "adaptation/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "core/error.h"

namespace anatomynet::adaptation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

TEST(Candidates, LeaveOutWhatASecondNetworkDrawsAndSayIt) {
  Said said;
  const LocalCases local =
      ten_scans({{"Brainstem", 10}, {"Glnd_Submand_L", 10}, {"Parotid_L", 2}, {"Thyroid", 10}});
  EXPECT_THAT(candidates(local, known, refined, {}, said), ElementsAre("Brainstem"));
  EXPECT_THAT(said.all, HasSubstr("second network on a finer grid, which is not adapted, kept as before: "
                                  "Glnd_Submand_L\n"));
  EXPECT_THAT(said.all, HasSubstr("fewer than 3 scans, kept as before: Parotid_L\n"));
  EXPECT_THAT(said.all, HasSubstr("not drawn by the weights and left out: Thyroid"));
  EXPECT_THAT(candidates(local, known, {}, {}, said), ElementsAre("Brainstem", "Glnd_Submand_L"));
}

TEST(Candidates, RefuseCasesThatHaveNoOtherOrgan) {
  Said said;
  test::expect_refused(ErrorKind::input, {"no organ to adapt", "not adapted: Glnd_Submand_L"}, [&] {
    candidates(ten_scans({{"Glnd_Submand_L", 10}}), known, refined, {}, said);
  });
}

}  // namespace
}  // namespace anatomynet::adaptation
