#include "service/rules_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using testing::AllOf;
using testing::HasSubstr;

std::vector<Rule> rules_of(const std::string& text) {
  return read_rules(parse_toml(text, "etc/node.toml"), "etc/node.toml");
}

std::string refusal(const std::string& text) {
  try {
    rules_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "taken";
}

TEST(RulesConfig, ReadsAllKeys) {
  const auto rules = rules_of(R"(
[[destination]]
name = "archive"

[[rule]]
name = "head and neck"
match = { Modality = "CT", StudyDescription = ["*neck*", "!*brain*"], CallingAE = "SCANNER?" }
slices = { min = 40, max = 600 }
field_mm = { min = 150 }
model = "weights/a.safetensors"
organs = ["Brainstem", "Parotid_L"]
template = "clinic.toml"
destinations = ["archive"]
priority = 5
review = true

[[rule]]
name = "other CTs"
match = { Modality = "CT" }
contour = false
)");
  ASSERT_EQ(rules.size(), 2U);
  const Rule& rule = rules[0];
  EXPECT_EQ(rule.name, "head and neck");
  EXPECT_EQ(rule.line, 5);
  ASSERT_EQ(rule.match.size(), 3U);
  EXPECT_EQ(rule.match[1].text(), "StudyDescription = [\"*neck*\", \"!*brain*\"]");
  EXPECT_EQ(rule.slices.min, 40);
  EXPECT_EQ(rule.slices.max, 600);
  EXPECT_EQ(rule.field_mm.min, 150);
  EXPECT_TRUE(rule.field_mm.hold(1e9));
  EXPECT_EQ(rule.model, "etc/weights/a.safetensors");
  EXPECT_EQ(rule.template_file, "etc/clinic.toml");
  EXPECT_EQ(rule.organs, (std::vector<std::string>{"Brainstem", "Parotid_L"}));
  EXPECT_EQ(rule.destinations, std::vector<std::string>{"archive"});
  EXPECT_EQ(rule.priority, 5);
  EXPECT_TRUE(rule.review);
  EXPECT_FALSE(rules[1].contour);
  EXPECT_EQ(rules[1].model, "default");
}

TEST(RulesConfig, WithoutRulesEveryCtIsTaken) {
  const auto rules = rules_of("");
  ASSERT_EQ(rules.size(), 1U);
  SeriesFacts facts;
  facts.tags["Modality"] = "CT";
  EXPECT_EQ(choose(rules, facts), &rules[0]);
  facts.tags["Modality"] = "MR";
  EXPECT_EQ(choose(rules, facts), nullptr);
}

TEST(RulesConfig, ErrorsNameFileLineAndWhatWasExpected) {
  const std::string head = "[[rule]]\nname = \"a\"\n";
  const auto at3 = [&](const std::string& line) { return refusal(head + line); };
  EXPECT_THAT(at3("match = { Modalty = \"CT\" }"),
              AllOf(HasSubstr("etc/node.toml:3: "), HasSubstr("did you mean Modality?")));
  EXPECT_THAT(at3("match = { PatientName = \"x\" }"),
              HasSubstr("etc/node.toml:3: rule.match.PatientName is not a known key"));
  EXPECT_THAT(at3("match = { Modality = 3 }"), AllOf(HasSubstr(":3: "), HasSubstr("must be a pattern")));
  EXPECT_THAT(at3("match = { Modality = \"!\" }"), HasSubstr("empty pattern"));
  EXPECT_THAT(at3("match = { Modality = [] }"), HasSubstr("empty list"));
  EXPECT_THAT(at3("match = 3"), HasSubstr("must be a table"));
  EXPECT_THAT(at3("slices = { min = 5, max = 4 }"), AllOf(HasSubstr(":3: "), HasSubstr("min above its max")));
  EXPECT_THAT(at3("slices = { least = 5 }"), HasSubstr("rule.slices.least is not a known key"));
  EXPECT_THAT(at3("slices = { min = nan }"), HasSubstr("must lie between"));
  EXPECT_THAT(at3("slices = {}"), HasSubstr("needs min, max or both"));
  EXPECT_THAT(at3("slices = 40"), HasSubstr("must be a table such as"));
  EXPECT_THAT(at3("priority = 1000"), HasSubstr("must lie between -100 and 100"));
  EXPECT_THAT(at3("destinations = [\"pacs\"]"),
              AllOf(HasSubstr(":3: "), HasSubstr("no destination"), HasSubstr("[[destination]]")));
  EXPECT_THAT(refusal("[[destination]]\nname = \"archive\"\n" + head + "destinations = [\"pacs\"]"),
              HasSubstr("expected one of archive"));
  EXPECT_THAT(at3("organs = []"), HasSubstr("leave it away"));
  EXPECT_THAT(at3("template = \"\""), HasSubstr("is empty"));
  EXPECT_THAT(at3("review = \"yes\""), HasSubstr("wrong type"));
  EXPECT_THAT(at3("contour = false\nreview = true"), AllOf(HasSubstr(":4: "), HasSubstr("contour = false")));
  EXPECT_THAT(refusal("[[rule]]\nmodel = \"default\""), HasSubstr("etc/node.toml:1: [[rule]] needs a name"));
  EXPECT_THAT(refusal("rule = 3"), HasSubstr("expected [[rule]]"));
  EXPECT_THAT(refusal(head + head), AllOf(HasSubstr("node.toml:3: "), HasSubstr("in line 1")));
  EXPECT_THAT(refusal(head + "[[rule]]\nname = \"b\""), AllOf(HasSubstr(":3: "), HasSubstr("never reached")));
}

}  // namespace
