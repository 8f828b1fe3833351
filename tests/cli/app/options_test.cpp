#include "cli/app/options.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace anatomynet::cli {
namespace {

TEST(ParseSize, TakesSlicesRowsColumnsAndGivesXyz) {
  EXPECT_EQ(parse_size("96x160x200"), (Size3{200, 160, 96}));
}

TEST(ParseSize, RefusesAnythingElse) {
  for (const char* text : {"", "96", "96x160", "96x160x", "96x160x200x", "x96x160", "96x160x200x1", "0x1x1",
                           "-1x1x1", "1.5x1x1", "1x1x 1", "1X1X1", "99999999999999999999x1x1"}) {
    try {
      parse_size(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text;
    }
  }
}

TEST(ParseSpacing, TakesFractions) { EXPECT_EQ(parse_spacing("2.5x1x0.75"), (Vec3{0.75, 1, 2.5})); }

TEST(ParseSpacing, RefusesWhatIsNotALength) {
  for (const char* text : {"", "1x1", "0x1x1", "-1x1x1", "nanx1x1", "infx1x1", "1x1x1mm", "1e999x1x1"})
    EXPECT_THROW(parse_spacing(text), Error) << text;
}

}  // namespace
}  // namespace anatomynet::cli
