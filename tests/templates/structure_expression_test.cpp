#include "templates/structure_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::templates;
using testing::HasSubstr;
using testing::StartsWith;

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", v);
  return text;
}

// The tree in a form that leaves nothing open.
std::string written(const Expression& e) {
  const auto parts = [&](const std::string& between) {
    std::string out = "(";
    for (std::size_t i = 0; i < e.parts.size(); ++i) out += (i ? between : "") + written(e.parts[i]);
    return out + ")";
  };
  const auto margin = [&] {
    const geometry::Margin& m = e.margin;
    if (m.same_all_around()) return number(m.left);
    std::string sides;
    for (const double mm : {m.left, m.right, m.anterior, m.posterior, m.superior, m.inferior})
      sides.append(sides.empty() ? "[" : " ").append(number(mm));
    return sides + "]";
  };
  switch (e.kind) {
    case Expression::Kind::structure:
      return e.name;
    case Expression::Kind::unite:
      return parts(" or ");
    case Expression::Kind::intersect:
      return parts(" and ");
    case Expression::Kind::subtract:
      return parts(" without ");
    case Expression::Kind::grow:
      return parts("") + " grown " + margin();
    case Expression::Kind::shrink:
      return parts("") + " shrunk " + margin();
    case Expression::Kind::ring:
      return parts("") + " ring " + number(e.inner) + " " + number(e.outer);
  }
  return "?";
}

std::string parsed(const std::string& text) {
  return written(parse_expression(text, {"t.toml", "derived.X", 7, 5}));
}

std::string refusal(const std::string& text) {
  try {
    return "taken: " + parsed(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
}

TEST(Expression, ReadsOperatorsAndMargins) {
  EXPECT_EQ(parsed("Brainstem"), "Brainstem");
  EXPECT_EQ(parsed("Brainstem + 3 mm"), "(Brainstem) grown 3");
  EXPECT_EQ(parsed("Brainstem+3.5mm"), "(Brainstem) grown 3.5");
  EXPECT_EQ(parsed("Body - 5 mm"), "(Body) shrunk 5");
  EXPECT_EQ(parsed("A + 5 mm - 2 mm"), "((A) grown 5) shrunk 2");
  EXPECT_EQ(parsed("A | B | C"), "(A or B or C)");
  EXPECT_EQ(parsed("A & B"), "(A and B)");
  EXPECT_EQ(parsed("A - B - C"), "(A without B without C)");
  EXPECT_EQ(parsed("A - (B + 3 mm)"), "(A without (B) grown 3)");
  EXPECT_EQ(parsed("((A | B) & C) + 2 mm"), "(((A or B) and C)) grown 2");
  EXPECT_EQ(parsed("A + [left 1, superior 2.5, right 3] mm"), "(A) grown [1 3 0 0 2.5 0]");
  EXPECT_EQ(parsed("'PTV 70-Gy' - Hirnstämme"), "(PTV 70-Gy without Hirnstämme)");
  EXPECT_EQ(parsed("ring(A, 5 mm)"), "(A) ring 0 5");
  EXPECT_EQ(parsed("ring(A | B, 2 mm, 5 mm)"), "((A or B)) ring 2 5");
  EXPECT_EQ(parsed("crop(A + 5 mm)"), "((A) grown 5 and Body)");
  EXPECT_EQ(parsed("crop(A, 3 mm)"), "(A and (Body) shrunk 3)");
  EXPECT_EQ(parsed("ring | crop"), "(ring or crop)");
}

TEST(Expression, ErrorsSayWhereAndWhatWasExpected) {
  EXPECT_EQ(
      refusal(""),
      "t.toml:7:5: derived.X: expected a structure: a name, '(', ring(...) or crop(...), found the end");
  EXPECT_THAT(refusal("A |"), StartsWith("t.toml:7:8: derived.X: expected a structure after '|'"));
  EXPECT_THAT(refusal("ä | | B"), StartsWith("t.toml:7:9: "));  // characters, not bytes
  EXPECT_THAT(refusal("A B"),
              HasSubstr("expected an operator (|, &, - or + with a margin) or the end, found B"));
  EXPECT_THAT(refusal("A + B"),
              HasSubstr("expected a margin such as 3 mm after '+' ('|' unites structures), found B"));
  EXPECT_THAT(refusal("A + 3"), HasSubstr("expected mm after the number, found the end"));
  EXPECT_THAT(refusal("A + 3 cm"), HasSubstr("expected mm after the number, found cm"));
  EXPECT_THAT(refusal("A + 3,5 mm"), HasSubstr("expected mm after the number, found ,"));
  EXPECT_THAT(refusal("A + 1.2.3 mm"), HasSubstr("expected a number of mm, found 1.2.3"));
  EXPECT_THAT(refusal("A + 0 mm"), HasSubstr("more than 0 mm"));
  EXPECT_THAT(refusal("A + 100.5 mm"), HasSubstr("too large; expected at most 100 mm"));
  EXPECT_THAT(refusal("A + " + std::string(400, '9') + " mm"), HasSubstr("expected a number of mm"));
  EXPECT_THAT(refusal("A | B & C"), StartsWith("t.toml:7:11: derived.X: '&' stands beside another kind"));
  EXPECT_THAT(refusal("A | B + 3 mm"), HasSubstr("expected parentheses"));
  EXPECT_THAT(refusal("A - 3 mm - B"), HasSubstr("expected parentheses"));
  EXPECT_THAT(refusal("(A | B"),
              HasSubstr("expected an operator or ')' for the '(' at character 1, found the end"));
  EXPECT_THAT(refusal("A | B)"), HasSubstr("found )"));
  EXPECT_THAT(refusal("A + [top 3] mm"), HasSubstr("expected a side (left, right, anterior"));
  EXPECT_THAT(refusal("A + [left 3, left 4] mm"), HasSubstr("given twice"));
  EXPECT_THAT(refusal("A + [left 3"), HasSubstr("expected ']' or ','"));
  EXPECT_THAT(refusal("A + [left 3]"), HasSubstr("expected mm"));
  EXPECT_THAT(refusal("A + [] mm"), HasSubstr("expected a side"));
  EXPECT_THAT(refusal("ring(A)"), HasSubstr("the ring's width"));
  EXPECT_THAT(refusal("ring(A, 5 mm, 5 mm)"), HasSubstr("expected more than its first distance"));
  EXPECT_THAT(refusal("crop(A, 1 mm, 2 mm)"), HasSubstr("expected ')'"));
  EXPECT_THAT(refusal("grow(A, 1 mm)"), HasSubstr("'grow' is no function; expected ring or crop"));
  EXPECT_THAT(refusal("'A"), HasSubstr("expected another '"));
  EXPECT_THAT(refusal("''"), HasSubstr("between the quotes"));
  EXPECT_THAT(refusal("A # B"), HasSubstr("found #"));
  EXPECT_THAT(refusal("-3 mm"), HasSubstr("expected a structure"));
}

TEST(Expression, DepthAndLengthAreBounded) {
  const auto nested = [](int n) {
    return std::string(std::size_t(n), '(') + "A" + std::string(std::size_t(n), ')');
  };
  EXPECT_EQ(parsed(nested(32)), "A");
  EXPECT_THAT(refusal(nested(33)), HasSubstr("32 levels deep"));
  EXPECT_THAT(refusal(nested(2000)), HasSubstr("32 levels deep"));
  EXPECT_THAT(refusal(std::string(5000, ' ')), HasSubstr("expected at most 4096"));
  std::string margins = "A";
  for (int i = 0; i < 500; ++i) margins += "+1mm";
  EXPECT_THAT(refusal(margins), HasSubstr("32"));
}

TEST(Expression, WithoutAColumnTheCharacterIsNamed) {
  EXPECT_EQ((ExpressionPlace{"t.toml", "derived.X", 7, 0}.at(4)), "t.toml:7: derived.X: character 5");
}

}  // namespace
