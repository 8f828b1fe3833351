#include "service/web/site.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/temporary_folder.h"
#include "http/requests.h"
#include "service/retention.h"
#include "service/review/review_files.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using nlohmann::json;
using test::TemporaryFolder;
using test::web_request;

const std::string hostile = "<script>alert(1)</script>\"'&\n\xff";

class SiteTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Store store_{folder_ / "store"};
  NodeConfig config_;
  NodeCounters counters_;
  Messages messages_;
  Site site_{config_, store_, counters_, messages_};

  // A job in the state `review`, whose result is a report.
  std::int64_t contoured_job() {
    ReceivedInstance i;
    i.sop_uid = "1.2.1";
    i.series_uid = "1.9";
    i.study_uid = "1.8";
    i.calling_ae = "<b>&\"'</b>";
    i.content = std::string(64, 'a');
    i.bytes = 4;
    i.is_ct = true;
    const auto path = store_.files().new_incoming();
    std::ofstream(path) << "abcd";
    store_.files().keep(path, i.content);
    const std::int64_t job = store_.record(i).job;
    store_.complete(job, {hostile, {}, {"archive"}, 3, true});
    store_.take_next();
    const auto made = store_.files().work(job) / "made";
    std::filesystem::create_directories(made);
    std::ofstream(made / "report.html") << "<html>report</html>";
    std::ofstream(made / "preview.png") << "pixels";
    store_.files().keep_results(made, job);
    store_.record_results(job, {{"RTSTRUCT", "c", "2.25.1", "s", "rtstruct.dcm"}},
                          {{"archive", {{"RTSTRUCT"}, now_ms() + 1000000}}});
    return job;
  }
  http::Response get(const std::string& path, const test::Headers& parameters = {}) {
    return site_.answer(web_request("GET", path, {}, parameters));
  }
  http::Response post(const std::string& path) {
    return site_.answer(web_request("POST", path, {{"X-Anatomynet", "1"}}));
  }
  std::string audit() {
    std::ostringstream text;
    text << std::ifstream(store_.files().audit_log()).rdbuf();
    return text.str();
  }
};

std::string header(const http::Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

TEST(JobNumber, IsDecimalAndNothingElse) {
  EXPECT_EQ(job_number("1"), 1);
  EXPECT_EQ(job_number("999999999999999999"), 999999999999999999);
  for (const char* text :
       {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "0x1", "9999999999999999999", "..", "١"})
    EXPECT_FALSE(job_number(text)) << text;
}

TEST_F(SiteTest, JobsAreToldAsJson) {
  const std::int64_t job = contoured_job();
  const http::Response answer = get("/api/v1/jobs");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "application/json");
  const json all = json::parse(answer.body);
  ASSERT_EQ(all["jobs"].size(), 1U);
  EXPECT_EQ(all["jobs"][0]["state"], "review");
  EXPECT_EQ(all["jobs"][0]["rule"], "<script>alert(1)</script>\"'&\n\xEF\xBF\xBD");
  EXPECT_EQ(all["jobs"][0]["calling_ae"], "<b>&\"'</b>");
  EXPECT_EQ(all["jobs"][0]["report"], "/jobs/1/report.html");
  EXPECT_EQ(all["jobs"][0]["picture"], "/jobs/1/preview.png");
  EXPECT_EQ(all["jobs"][0]["actions"], (json{"cancel", "release"}));
  EXPECT_EQ(all["more"], false);
  const json one = json::parse(get("/api/v1/jobs/" + std::to_string(job)).body);
  EXPECT_EQ(one["history"].size(), 5U);
  EXPECT_EQ(one["deliveries"].size(), 1U);
}

TEST_F(SiteTest, ListsArePaged) {
  contoured_job();
  EXPECT_EQ(json::parse(get("/api/v1/jobs", {{"before", "1"}}).body)["jobs"].size(), 0U);
  EXPECT_EQ(json::parse(get("/api/v1/jobs", {{"state", "review"}}).body)["jobs"].size(), 1U);
  EXPECT_EQ(json::parse(get("/api/v1/jobs", {{"state", "sent"}}).body)["jobs"].size(), 0U);
  EXPECT_EQ(get("/api/v1/jobs", {{"state", "x' OR 1"}}).status, 400);
  EXPECT_EQ(get("/api/v1/jobs", {{"limit", "201"}}).status, 400);
  EXPECT_EQ(get("/api/v1/jobs", {{"before", "-1"}}).status, 400);
}

TEST_F(SiteTest, ActionsFitOrAreRefused) {
  contoured_job();
  EXPECT_EQ(post("/api/v1/jobs/1/resend").status, 409);
  EXPECT_EQ(post("/api/v1/jobs/1/purge").status, 409);
  EXPECT_EQ(post("/api/v1/jobs/1/explode").status, 404);
  EXPECT_EQ(post("/api/v1/jobs/2/release").status, 404);
  EXPECT_EQ(post("/api/v1/jobs/1").status, 404);
  EXPECT_EQ(site_.answer(web_request("POST", "/api/v1/jobs/1/release")).status, 403);
  EXPECT_EQ(audit().find("release"), std::string::npos);
  EXPECT_EQ(get("/api/v1/jobs/1/release").status, 404);
  const http::Response answer = post("/api/v1/jobs/1/release");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["state"], "sending");
  EXPECT_NE(audit().find(R"("did":"release","job":1,"who":"alice","with":"over HTTP")"), std::string::npos)
      << audit();
  EXPECT_EQ(post("/api/v1/jobs/1/cancel").status, 200);
  EXPECT_EQ(post("/api/v1/jobs/1/purge").status, 200);
  EXPECT_EQ(get("/jobs/1/report.html").status, 404);
  EXPECT_EQ(check_audit_log(store_.files().audit_log()).broken_line, 0);
}

// As where somebody has begun to correct: the folder that review/version_store.h describes.
TEST_F(SiteTest, AReviewThatIsNotApprovedIsNotLeftOut) {
  contoured_job();
  const auto review = store_.files().results(1) / "review";
  std::filesystem::create_directories(review / "versions" / "0000");
  EXPECT_FALSE(has_unapproved_review(store_, 1)) << "opened, and nothing else";
  std::filesystem::create_directories(review / "versions" / "0001");
  EXPECT_TRUE(has_unapproved_review(store_, 1));
  const http::Response refused = post("/api/v1/jobs/1/release");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("not approved"), std::string::npos) << refused.body;
  EXPECT_EQ(store_.job(1)->state, JobState::review);
  EXPECT_EQ(post("/api/v1/jobs/1/cancel").status, 200);
  EXPECT_EQ(post("/api/v1/jobs/1/retry").status, 409);
  config_.keep_results_days = config_.keep_slices_days = 1;
  purge_old(config_, store_, messages_, now_ms() + std::int64_t{1000} * 86400 * 30);
  EXPECT_TRUE(std::filesystem::exists(review)) << "retention keeps it";
  EXPECT_EQ(post("/api/v1/jobs/1/purge").status, 200) << "a person may";
  EXPECT_FALSE(std::filesystem::exists(review));
  EXPECT_NE(audit().find("with a review that was not approved"), std::string::npos) << audit();
}

TEST_F(SiteTest, AReportIsFoundByItsJobAlone) {
  contoured_job();
  const http::Response answer = get("/jobs/1/report.html");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "<html>report</html>");
  EXPECT_NE(header(answer, "Content-Security-Policy").find("sandbox allow-scripts;"), std::string::npos);
  EXPECT_EQ(header(answer, "Content-Security-Policy").find("allow-same-origin"), std::string::npos);
  EXPECT_NE(audit().find("saw the report"), std::string::npos);
  const http::Response picture = get("/jobs/1/preview.png");
  EXPECT_EQ(picture.type, "image/png");
  EXPECT_EQ(picture.body, "pixels");
  EXPECT_NE(audit().find("saw the picture"), std::string::npos);
  for (const char* path :
       {"/jobs/2/report.html", "/jobs/01/report.html", "/jobs/../report.html", "/jobs/1/../1/report.html",
        "/jobs/1/node.db", "/jobs/1/report.html/", "/jobs//report.html", "//jobs/1/report.html", "/node.db",
        "/../node.db", "jobs/1/report.html", ""})
    EXPECT_EQ(get(path).status, 404) << path;
  // A job that is not in the database has no report, whatever lies there.
  std::filesystem::create_directories(store_.files().results(7));
  std::ofstream(store_.files().results(7) / "report.html") << "x";
  EXPECT_EQ(get("/jobs/7/report.html").status, 404);
  // Nor is a link followed.
  std::filesystem::remove(store_.files().results(1) / "report.html");
  std::filesystem::create_symlink("/etc/passwd", store_.files().results(1) / "report.html");
  EXPECT_EQ(get("/jobs/1/report.html").status, 404);
}

TEST_F(SiteTest, NothingIsServedWithoutItsHeaders) {
  contoured_job();
  for (const char* path : {"/", "/worklist.css", "/worklist.js", "/health", "/metrics", "/api/v1/jobs",
                           "/api/v1/jobs/1", "/api/v1/openapi.json", "/jobs/1/report.html", "/nothing"}) {
    const http::Response answer = get(path);
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(header(answer, "Referrer-Policy"), "no-referrer") << path;
    EXPECT_EQ(header(answer, "Cross-Origin-Resource-Policy"), "same-origin") << path;
    EXPECT_EQ(header(answer, "Cache-Control"), "no-store") << path;
    EXPECT_TRUE(header(answer, "Content-Security-Policy").find("default-src 'none'") != std::string::npos)
        << path;
    EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "") << path;
  }
  EXPECT_EQ(header(get("/"), "Content-Security-Policy").find("unsafe"), std::string::npos);
}

TEST_F(SiteTest, HealthTellsWhereItFails) {
  config_.min_free_mb = 0;
  Destination archive;
  archive.name = "archive";
  config_.destinations = {archive};
  const auto status = [&] { return json::parse(get("/health").body)["status"]; };
  EXPECT_EQ(status(), "ok");
  contoured_job();
  store_.release(1, {{"archive", now_ms() + 1000000}});
  store_.not_delivered(store_.due("archive", now_ms()).at(0), "down", now_ms());
  EXPECT_EQ(status(), "degraded");
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(json::parse(get("/health").body)["senders"]["destinations"][0]["failed_so_far"], 1);
  config_.min_free_mb = std::int64_t{1} << 40;
  EXPECT_EQ(status(), "failing");
  EXPECT_EQ(get("/health").status, 503);
}

TEST_F(SiteTest, SeeingIsNotedOnceAnHour) {
  get("/");
  get("/api/v1/jobs");
  get("/health");
  get("/metrics");
  const AuditCheck found = check_audit_log(store_.files().audit_log());
  EXPECT_EQ(found.lines, 1);
  EXPECT_EQ(found.broken_line, 0);
}

}  // namespace
