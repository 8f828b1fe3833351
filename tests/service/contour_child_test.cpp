#include "service/queue/contour_child.h"

#include <gtest/gtest.h>

namespace {

using namespace anatomynet::service;

Fault after(int exit_code) {
  ChildEnd end;
  end.exit_code = exit_code;
  return fault_of(end);
}

// The exit codes are those of docs/errors.md.
TEST(FaultOfAChild, WrongSettingsInputAndModelsLast) {
  for (const int code : {2, 3, 4}) EXPECT_EQ(after(code), Fault::lasting) << code;
}

TEST(FaultOfAChild, WhatCannotBeWrittenWaitsForRoom) { EXPECT_EQ(after(5), Fault::output); }

TEST(FaultOfAChild, MemoryOurFaultsAndSignalsMayPass) {
  for (const int code : {1, 6, 7, 134, -1}) EXPECT_EQ(after(code), Fault::passing) << code;
}

}  // namespace
