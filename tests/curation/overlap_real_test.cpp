#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "curation/overlap.h"
#include "curation/planted.h"
#include "io/image/image_file.h"

// A fixed part of the cases; scripts/measure-overlap does the same with all of them.
namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;

struct Real {
  std::string name;
  CtVolume ct;
  ScanDescriptor scan;
};

std::vector<Real> every(std::size_t nth) {
  std::vector<fs::path> files;
  for (const char* split : {"train", "validation"})
    for (const auto& entry : fs::directory_iterator(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp" / split))
      if (entry.path().string().ends_with("_ct.nii.gz")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Real> out;
  for (std::size_t i = 0; i < files.size(); i += nth) {
    Real real{files[i].filename().string(), io::read_image_ct(files[i]).volume, {}};
    real.scan = describe_scan(real.ct);
    out.push_back(std::move(real));
  }
  return out;
}

class OverlapReal : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp/train"))
      GTEST_SKIP() << "NOT CHECKED: real CTs are absent: ../shared/data/openkbp";
  }
};

TEST_F(OverlapReal, PlantedCopiesAreFound) {
  const auto cases = every(39);
  ASSERT_GE(cases.size(), 4U);
  for (const Real& real : cases)
    for (const auto& [how, copy] : test::planted_copies(real.ct, 7))
      EXPECT_GE(similarity(real.scan, describe_scan(copy)), same_scan_similarity)
          << real.name << ": " << how << ", " << describe(copy.grid);
}

TEST_F(OverlapReal, DifferentPatientsAreToldApart) {
  const auto cases = every(4);
  std::vector<OverlapInput> inputs(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    inputs[i].ref.source = "openkbp", inputs[i].ref.id = inputs[i].ref.patient = cases[i].name;
    inputs[i].scan = cases[i].scan;
  }
  for (const Overlap& o : find_overlaps(inputs))
    ADD_FAILURE() << cases[o.a].name << " taken for " << cases[o.b].name << ": " << o.how;
}

}  // namespace
}  // namespace anatomynet::curation
