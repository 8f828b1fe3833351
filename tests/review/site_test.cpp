#include "review/site.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/requests.h"
#include "pipeline/threshold_engine.h"
#include "review/review_fixtures.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
using nlohmann::json;
using test::Headers;

const std::string hostile = "<img src=x onerror=alert(1)>\"'&";

class ReviewSiteTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Messages messages_;
  http::Config config_{.port = 8080, .beacon_paths = {"/api/goodbye"}, .most_body_bytes = 1 << 20};
  std::map<std::string, PageFile> page_{{"/index.html", {"text/html", "<html>page</html>"}},
                                        {"/app.js", {"text/javascript", "1"}}};
  Access access_{60, 8080};
  Review review_{opened(),
                 {Comparison{"1", hostile, test::three_structures(test::small_grid())}},
                 {folder_ / "store", {}},
                 messages_};
  Site site_{config_, access_, review_, page_, messages_};
  std::string cookie_;

  OpenedCase opened() {
    OpenedCase out = test::dicom_case(folder_, test::small_grid());
    out.structures[2].label = hostile;
    out.structures[2].flags.push_back({"code", hostile});
    out.structures[1].unsure = {{12, 10, 7}, {4, 5, 6.5}};
    return out;
  }
  void SetUp() override {
    const auto answer = site_.answer(test::web_request("GET", "/", {}, {{"token", access_.token()}}));
    ASSERT_EQ(answer.status, 200);
    for (const auto& [name, value] : answer.headers)
      if (name == "Set-Cookie") cookie_ = value.substr(0, value.find(';'));
    ASSERT_NE(cookie_, "");
  }
  http::Response get(const std::string& path, const Headers& parameters = {}) {
    return site_.answer(test::web_request("GET", path, {{"Cookie", cookie_}}, parameters));
  }
  http::Response post(const std::string& path, const std::string& body, Headers headers = {}) {
    headers.emplace("Cookie", cookie_);
    headers.emplace("X-Anatomynet", "1");
    http::Request request = test::web_request("POST", path, headers);
    request.body = [body](std::string& to) {
      to = body;
      return body.size() > (1u << 20) ? 413 : 0;
    };
    return site_.answer(request);
  }
  static std::string_view content(const http::Response& answer) {
    return answer.lasting.empty() ? std::string_view(answer.body) : answer.lasting;
  }
  std::string change(std::int64_t revision, const std::string& box, const Runs& runs) {
    return "{\"revision\":" + std::to_string(revision) + ",\"box\":" + box + ",\"runs\":\"" +
           test::base64(runs) + "\",\"seconds\":2}";
  }
};

TEST_F(ReviewSiteTest, NobodyElseReadsOrWrites) {
  for (const char* path : {"/", "/app.js", "/api/case", "/api/ct", "/api/mask/1", "/api/edits"}) {
    EXPECT_EQ(site_.answer(test::web_request("GET", path)).status, 401) << path;
    EXPECT_EQ(site_.answer(test::web_request("GET", path, {}, {{"token", access_.token()}})).status, 401);
    EXPECT_EQ(
        site_.answer(test::web_request("GET", path, {{"Cookie", cookie_}, {"Host", "evil:8080"}})).status,
        421);
    EXPECT_EQ(
        site_.answer(test::web_request("GET", path, {{"Cookie", cookie_}, {"Origin", "http://evil"}})).status,
        403);
  }
  const std::string body = change(0, "[0,0,0,1,1,1]", {0, 1});
  EXPECT_EQ(post("/api/mask/1", body, {{"Origin", "http://evil"}}).status, 403);
  EXPECT_EQ(post("/api/mask/1", body, {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(site_.answer(test::web_request("POST", "/api/mask/1", {{"Cookie", cookie_}})).status, 403);
  EXPECT_EQ(site_.answer(test::web_request("POST", "/api/save", {{"X-Anatomynet", "1"}})).status, 401);
  EXPECT_EQ(review_.state()->revision, 0);
}

TEST_F(ReviewSiteTest, EveryAnswerIsClosedToOthers) {
  for (const char* path : {"/", "/app.js", "/api/case", "/api/ct", "/api/mask/1", "/nothing", "/api/edits"}) {
    const auto answer = get(path);
    std::map<std::string, std::string> headers(answer.headers.begin(), answer.headers.end());
    EXPECT_NE(headers["Content-Security-Policy"].find("default-src 'none'"), std::string::npos) << path;
    EXPECT_NE(headers["Content-Security-Policy"].find("frame-ancestors 'none'"), std::string::npos) << path;
    EXPECT_EQ(headers["Content-Security-Policy"].find("unsafe"), std::string::npos) << path;
    EXPECT_EQ(headers["Content-Security-Policy"].find("blob:"), std::string::npos) << path;
    EXPECT_EQ(headers["Cache-Control"], "no-store") << path;
    EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff") << path;
  }
}

TEST_F(ReviewSiteTest, GivesTheCaseAsItIs) {
  const json c = json::parse(get("/api/case").body);
  EXPECT_EQ(c["grid"]["size"], (json{24, 20, 9}));
  EXPECT_EQ(c["grid"]["direction"], (json{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(c["role"], "edit");
  EXPECT_EQ(c["revision"], 0);
  ASSERT_EQ(c["organs"].size(), 3u);
  EXPECT_EQ(c["organs"][0]["box"], (json{4, 4, 2, 18, 16, 7}));
  EXPECT_EQ(c["organs"][2]["box"], nullptr);
  EXPECT_EQ(c["organs"][1]["unsure"], (json{{12, 10, 7}, {4, 5, 6.5}}));
  EXPECT_EQ(c["organs"][2]["label"], hostile);  // as text, for the page to show as text
  EXPECT_EQ(c["comparisons"][0]["name"], hostile);
  EXPECT_EQ(c["versions"][0]["number"], 0);
  EXPECT_EQ(c["priority"][0], 3);  // the smallest first
  const auto ct = get("/api/ct");
  const auto& voxels = review_.opened().hu().voxels;
  ASSERT_EQ(content(ct).size(), voxels.size() * 2);
  EXPECT_EQ(std::memcmp(content(ct).data(), voxels.data(), content(ct).size()), 0);
}

TEST_F(ReviewSiteTest, MasksGoOutAndComeIn) {
  const Runs before = runs_from_bytes(get("/api/mask/1").body);
  EXPECT_EQ(before, runs_of(*review_.state()->structures[0].mask));
  const auto answer = post("/api/mask/1", change(0, "[0,0,0,3,4,2]", {0, 24}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["revision"], 1);
  EXPECT_NE(runs_from_bytes(get("/api/mask/1").body), before);
  EXPECT_EQ(runs_from_bytes(get("/api/mask/1", {{"version", "0"}}).body), before);
  EXPECT_EQ(runs_from_bytes(get("/api/mask/1", {{"comparison", "1"}}).body), before);
  const auto late = post("/api/mask/1", change(0, "[0,0,0,3,4,2]", {0, 24}));
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(json::parse(late.body)["revision"], 1);
  EXPECT_EQ(post("/api/organ/1", R"({"locked":true})").status, 200);
  EXPECT_EQ(post("/api/mask/1", change(2, "[0,0,0,3,4,2]", {24})).status, 423);
}

TEST_F(ReviewSiteTest, OrgansSaveAndApprove) {
  const auto made = post("/api/organ", json{{"name", "OpticChiasm"}, {"colour", "#123456"}}.dump());
  ASSERT_EQ(made.status, 200) << made.body;
  const int id = json::parse(made.body)["id"];
  EXPECT_EQ(json::parse(made.body)["generation"], "MANUAL");
  const std::string path = "/api/organ/" + std::to_string(id);
  const auto renamed = post(path, json{{"name", hostile + "2"}, {"colour", "#ffffff"}}.dump());
  EXPECT_EQ(json::parse(renamed.body)["label"], hostile + "2");
  const auto saved = post("/api/save", R"({"by":"AB","reason":"first look"})");
  EXPECT_EQ(saved.status, 200) << saved.body;
  const auto approved = post("/api/approve", R"({"by":"AB"})");
  EXPECT_EQ(json::parse(approved.body)["version"], 2);
  const json c = json::parse(get("/api/case").body);
  EXPECT_EQ(c["versions"].size(), 3u);
  EXPECT_EQ(c["versions"][2]["approved"], true);
  EXPECT_EQ(json::parse(get("/api/edits").body)["organs"].size(), 4u);
}

TEST_F(ReviewSiteTest, MalformedInputIsOneLine) {
  struct Bad {
    const char *path, *body;
    int status;
  };
  const Bad all[] = {
      {"/api/mask/1", "", 400},
      {"/api/mask/1", "[]", 400},
      {"/api/mask/1", "{", 400},
      {"/api/mask/1", "\xff\xfe", 400},
      {"/api/mask/1", R"({"revision":0})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,1],"runs":5})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,1.5],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,-1],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,18446744073709551615],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[5,0,0,1,1,1],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,99,1,1],"runs":"YWJjZA=="})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,1],"runs":"!!"})", 400},
      {"/api/mask/1", R"({"revision":"0","box":[0,0,0,1,1,1],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":18446744073709551615,"box":[0,0,0,1,1,1],"runs":""})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,1],"runs":"AAAAAAEAAAA=","seconds":"x"})", 400},
      {"/api/mask/1", R"({"revision":0,"box":[0,0,0,1,1,1],"runs":"AAAAAAEAAAA=","seconds":1e99})", 400},
      {"/api/mask/-1", "{}", 404},
      {"/api/mask/99999999999999999999", "{}", 404},
      {"/api/mask/", "{}", 404},
      {"/api/mask/1/2", "{}", 404},
      {"/api/organ", "{}", 400},
      {"/api/organ", R"({"name":1,"colour":"#000000"})", 400},
      {"/api/organ/9", R"({"locked":true})", 404},
      {"/api/organ/1", R"({"locked":1})", 400},
      {"/api/organ/1", R"({"seconds":"1"})", 400},
      {"/api/organ/1", R"({"seconds":-1})", 400},
      {"/api/organ/1", R"({"seconds":1e6})", 400},
      {"/api/organ/../1", "{}", 404},
      {"/api/save", "{}", 400},
      {"/api/save", R"({"by":""})", 400},
      {"/api/save", R"({"by":"a\nb"})", 400},
      {"/api/recontour", "{}", 404},
      {"/api/nothing", "{}", 404},
      {"/", "{}", 404},
  };
  for (const Bad& bad : all) {
    const auto answer = post(bad.path, bad.body);
    EXPECT_EQ(answer.status, bad.status) << bad.path << ' ' << bad.body << ": " << answer.body;
    const std::string error = json::parse(answer.body).at("error");
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
    EXPECT_FALSE(error.empty());
  }
  EXPECT_EQ(post("/api/mask/1", std::string(2 << 20, ' ')).status, 413);
  EXPECT_EQ(post("/api/mask/1", std::string(1000, '[')).status, 400);  // too deep, and no object
  for (const char* path :
       {"/api", "/api/", "/api/mask", "/api/mask/x", "/app.js/", "//", "/../app.js", "/%2e"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(get("/api/mask/1", {{"version", "x"}}).status, 400);
  EXPECT_EQ(get("/api/mask/1", {{"version", "-1"}}).status, 400);
  EXPECT_EQ(get("/api/mask/1", {{"version", "99999"}}).status, 404);
  EXPECT_EQ(get("/api/mask/1", {{"comparison", "../x"}}).status, 404);
  EXPECT_EQ(review_.state()->revision, 0);
}

TEST_F(ReviewSiteTest, ContoursABoxAnew) {
  const json without = json::parse(get("/api/case").body)["recontour"];
  EXPECT_TRUE(without["organs"].empty());
  EXPECT_NE(without["none_because"].get<std::string>().find("no weights"), std::string::npos);
  const auto contourer = std::make_shared<pipeline::BoxContourer>(
      test::threshold_weights(folder_.path()), test::threshold_engine(), inference::EngineOptions{});
  Site site(config_, access_, review_, page_, messages_, {contourer, ""});
  const auto ask = [&](const std::string& body) {
    http::Request request =
        test::web_request("POST", "/api/recontour", {{"Cookie", cookie_}, {"X-Anatomynet", "1"}});
    request.body = [body](std::string& to) {
      to = body;
      return 0;
    };
    return site.answer(request);
  };
  const json known = json::parse(
      site.answer(test::web_request("GET", "/api/case", {{"Cookie", cookie_}})).body)["recontour"];
  EXPECT_EQ(known["organs"], (json{1, 2}));  // not the clinic's own structure
  const auto answer = ask(R"({"id":2,"box":[3,2,1,17,18,8]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Runs runs = runs_from_bytes(from_base64(json::parse(answer.body)["runs"].get<std::string>()));
  std::vector<std::uint8_t> expected;
  for (std::int64_t z = 1; z < 8; ++z)
    for (std::int64_t y = 2; y < 18; ++y)
      for (std::int64_t x = 3; x < 17; ++x) expected.push_back(review_.opened().hu().at(x, y, z) > 500);
  EXPECT_EQ(runs, runs_of(expected));
  EXPECT_EQ(review_.state()->revision, 0);  // the page takes it over by an edit

  struct Bad {
    const char* body;
    int status;
  };
  for (const Bad& bad :
       {Bad{"", 400}, Bad{"{}", 400}, Bad{R"({"id":2})", 400}, Bad{R"({"id":2,"box":[0,0,0,0,1,1]})", 400},
        Bad{R"({"id":2,"box":[0,0,0,99,1,1]})", 400},
        Bad{R"({"id":3,"box":[0,0,0,9,9,9]})", 400},  // the model draws no such organ
        Bad{R"({"id":77,"box":[0,0,0,9,9,9]})", 404},
        Bad{R"({"id":99999999999,"box":[0,0,0,9,9,9]})", 404}}) {
    const auto refused = ask(bad.body);
    EXPECT_EQ(refused.status, bad.status) << bad.body << refused.body;
    const std::string error = json::parse(refused.body).at("error");
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
  }
  EXPECT_EQ(post("/api/organ/2", R"({"locked":true})").status, 200);
  EXPECT_EQ(ask(R"({"id":2,"box":[3,2,1,17,18,8]})").status, 423);
}

TEST_F(ReviewSiteTest, GoodbyeEndsAndHeartbeatsKeep) {
  http::Request beacon =
      test::web_request("POST", "/api/goodbye", {{"Cookie", cookie_}, {"Origin", "http://127.0.0.1:8080"}});
  EXPECT_EQ(site_.answer(beacon).status, 200);
  const auto lives = post("/api/heartbeat", "");
  EXPECT_EQ(lives.status, 200);
  EXPECT_EQ(json::parse(lives.body)["may_edit"], true);
  EXPECT_EQ(post("/api/edit", "").status, 200);  // who edits already stays it
  EXPECT_FALSE(access_.is_over());
}

TEST_F(ReviewSiteTest, SaysWhatIsMissingWithoutAPage) {
  const std::map<std::string, PageFile> none;
  Site site(config_, access_, review_, none, messages_);
  const auto answer = site.answer(test::web_request("GET", "/", {{"Cookie", cookie_}}));
  EXPECT_EQ(answer.status, 501);
  EXPECT_NE(answer.body.find("make web"), std::string::npos);
}

}  // namespace
