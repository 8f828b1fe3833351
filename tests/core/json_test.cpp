#include "core/json.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::core {
namespace {

using nlohmann::json;
using test::expect_refused;

std::string nested(int levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(Json, ReadsWhatIsValid) {
  const json j = parse_json(R"({"a": [1, {"b": "]]]]{{{{\"["}], "c": null})", "text");
  EXPECT_EQ(j.at("a").at(1).at("b"), "]]]]{{{{\"[");
  EXPECT_EQ(parse_json<nlohmann::ordered_json>(R"({"z": 1, "a": 2})", "text").begin().key(), "z");
}

TEST(Json, RefusesDeepNestingBeforeItTakesStack) {
  EXPECT_NO_THROW(parse_json(nested(deepest_nesting), "text"));
  expect_refused(ErrorKind::input, {"text", "nested"},
                 [] { parse_json(nested(deepest_nesting + 1), "text"); });
  for (const std::string open : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += open;
    expect_refused(ErrorKind::model, {"text", "nested"}, [&] { parse_json(text, "text", ErrorKind::model); });
  }
  EXPECT_NO_THROW(parse_json('"' + std::string(1000, '[') + '"', "text"))
      << "brackets in a text nest nothing";
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const std::string bad :
       {"", "{", "{\"a\"", "[1,]", "\xff\xfe", "\"\xe4\"", "[1e999]", "nan", "\"a", "{} {}"})
    expect_refused(ErrorKind::input, {"text: "}, [&] { parse_json(bad, "text"); });
  expect_refused(ErrorKind::input, {"no valid JSON", "line 2"}, [] { parse_json("{\n?", "text"); });
}

TEST(Json, CutsLongReasons) {
  try {
    parse_json("[\"" + std::string(100'000, 'x'), "text");
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 400u);
  }
}

TEST(Json, NamesTheKeyThatIsMissingOrOfAnotherType) {
  const json j = parse_json(R"({"cases": [{"id": "a"}, {"id": 7}]})", "cases.json");
  const auto read = [&](const char* key) {
    return reading_json("cases.json", ErrorKind::input,
                        [&] { return j.at("cases").at(1).at(key).get<std::string>(); });
  };
  expect_refused(ErrorKind::input, {"cases.json", "/cases/1/id", "string", "number"}, [&] { read("id"); });
  expect_refused(ErrorKind::input, {"cases.json", "/cases/1", "'image'"}, [&] { read("image"); });
}

TEST(Json, ReadsRegularFilesAlone) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "a.json", "[1]");
  EXPECT_EQ(read_json(folder / "a.json").at(0), 1);
  expect_refused(ErrorKind::input, {"absent.json", "no such file"},
                 [&] { read_json(folder / "absent.json"); });
  expect_refused(ErrorKind::usage, {"/dev/zero", "regular"},
                 [] { read_json("/dev/zero", ErrorKind::usage); });
}

}  // namespace
}  // namespace anatomynet::core
