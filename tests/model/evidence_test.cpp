#include "model/evidence.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"

namespace {

using namespace anatomynet;
using model::OrganEvidence;

OrganEvidence nerve() { return {"OpticNrv_L", 12, 4, 0.45, "experts", 0.8}; }

TEST(Evidence, IsWeakOfFewScansOrLowDice) {
  OrganEvidence e = nerve();
  EXPECT_TRUE(e.is_weak());
  e.dice = 0.6;
  EXPECT_FALSE(e.is_weak());
  e.training_scans = 9;
  EXPECT_TRUE(e.is_weak());
}

TEST(Evidence, IsSaidInOneLine) {
  EXPECT_EQ(nerve().text(),
            "learnt from 12 scans; Dice 0.45 against experts on 4 scans (experts among themselves 0.80)");
  EXPECT_EQ((OrganEvidence{"Larynx", 1, 1, 0.7, "clinic", {}}).text(),
            "learnt from 1 scan; Dice 0.70 against clinical contours on 1 scan");
  EXPECT_EQ((OrganEvidence{"Larynx", 150, 0, 0, "clinic", {}}).text(), "learnt from 150 scans; not measured");
}

TEST(Evidence, ComesBackFromJson) {
  const std::vector<OrganEvidence> all = {nerve(), {"Parotid_L", 163, 26, 0.84, "clinic", {}}};
  const auto again = model::evidence_from_json(model::evidence_to_json(all));
  ASSERT_EQ(again.size(), 2U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(again[i].text(), all[i].text());
  EXPECT_EQ(again[1].organ, "Parotid_L");
}

TEST(Evidence, IsRefusedWhereItCannotBe) {
  const OrganTable& organs = standard_organs();
  const auto refuse = [&](const OrganEvidence& e, const std::string& why, int times = 1) {
    test::expect_refused(ErrorKind::model, {"file", "evidence", why}, [&] {
      model::check_evidence(std::vector<OrganEvidence>(static_cast<std::size_t>(times), e), organs, "file");
    });
  };
  OrganEvidence e = nerve();
  model::check_evidence({e}, organs, "file");
  refuse(e, "twice", 2);
  for (const double dice : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    e = nerve();
    e.dice = dice;
    refuse(e, "within 0 to 1");
    e = nerve();
    e.between_experts = dice;
    refuse(e, "within 0 to 1");
  }
  for (const char* organ : {"Heart", "OpticNerve_L"}) {  // the second is PDDCA's name
    e = nerve();
    e.organ = organ;
    refuse(e, "none of its organs");
  }
  e = nerve();
  e.scans = -1;
  refuse(e, "negative");
  e = nerve();
  e.against = "me";
  refuse(e, "neither");
}

}  // namespace
