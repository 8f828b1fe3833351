#include "core/warning.h"

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

TEST(Warning, KeepsPathsApart) {
  const Warning one{"damaged-slice", "slice left out", {"/data/M\xfcller/1.dcm"}};
  EXPECT_EQ(with_files(one), "/data/M\xEF\xBF\xBDller/1.dcm: slice left out");
  EXPECT_EQ(without_files(one), "slice left out");
  EXPECT_EQ(with_files({"a", "b", {}}), "b");
  EXPECT_EQ(with_files({"a", "b", {"1", "2", "3", "4", "5"}}), "1, 2, 3 and 2 more: b");
}

}  // namespace
}  // namespace anatomynet::core
