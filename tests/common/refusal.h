#pragma once
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "core/error.h"

namespace anatomynet::test {

/// Runs `action`, which must throw Error of `kind` in one line that holds every text of `parts`.
template <class Action>
void expect_refused(ErrorKind kind, std::initializer_list<std::string> parts, Action action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(exit_code(error.kind()), exit_code(kind)) << text;
    for (const std::string& part : parts)
      EXPECT_NE(text.find(part), std::string::npos) << text << "\nlacks: " << part;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return;
  } catch (const std::exception& error) {
    FAIL() << "expected anatomynet::Error, came " << error.what();
  }
  FAIL() << "accepted, but should have been refused";
}

}  // namespace anatomynet::test
