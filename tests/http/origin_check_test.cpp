#include "http/origin_check.h"

#include <gtest/gtest.h>

#include "http/requests.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::http;
using test::Headers;
using test::web_request;

// 0: it is not refused.
int status_of(const std::string& method, const Headers& headers, const Config& config = {},
              const std::string& path = "/", const std::string& user = "alice") {
  const auto refused = refuse_foreign(config, web_request(method, path, headers, {}, user));
  return refused ? refused->status : 0;
}

const std::pair<const std::string, std::string> mark{"X-Anatomynet", "1"};

TEST(OriginCheck, KnowsItsOwnNames) {
  for (const char* host : {"127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080"})
    EXPECT_EQ(status_of("GET", {{"Host", host}}), 0) << host;
  for (const char* host : {"", "evil.example", "evil.example:8080", "127.0.0.1", "localhost", "localhost:80",
                           "localhost:8080.evil.example", "127.0.0.1:8080@evil.example", "localhost:08080"})
    EXPECT_EQ(status_of("GET", {{"Host", host}}), 421) << host;
  EXPECT_EQ(status_of("GET", {{"Host", "127.0.0.1:8080"}, {"Host", "127.0.0.1:8080"}}), 421);
  Config config;
  config.hosts = {"node.hospital:8443"};
  EXPECT_EQ(status_of("GET", {{"Host", "node.hospital:8443"}}, config), 0);
  EXPECT_EQ(status_of("GET", {{"Host", "node.hospital"}}, config), 421);
  config.port = 80;
  EXPECT_EQ(status_of("GET", {{"Host", "localhost"}}, config), 0);
}

TEST(OriginCheck, OtherOriginsNeitherPostNorRead) {
  for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:9000", "http://localhost:8080",
                             "file://", "http://127.0.0.1:8080.evil.example"}) {
    EXPECT_EQ(status_of("POST", {mark, {"Origin", origin}}), 403) << origin;
    EXPECT_EQ(status_of("GET", {{"Origin", origin}}), 403) << origin;
  }
  EXPECT_EQ(status_of("POST", {mark, {"Origin", "http://127.0.0.1:8080"}}), 0);
  for (const char* site : {"cross-site", "same-site", "anything"}) {
    EXPECT_EQ(status_of("GET", {{"Sec-Fetch-Site", site}}), 403) << site;
    EXPECT_EQ(status_of("POST", {mark, {"Sec-Fetch-Site", site}}), 403) << site;
    EXPECT_EQ(status_of("GET", {{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}}), 403) << site;
    EXPECT_EQ(
        status_of("GET",
                  {{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "iframe"}}),
        403)
        << site;
    const Headers link = {
        mark, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}};
    EXPECT_EQ(status_of("GET", link), 0) << site;  // a link, whose answer the other page cannot read
    EXPECT_EQ(status_of("POST", link), 403) << site;
  }
  EXPECT_EQ(status_of("GET", {{"Sec-Fetch-Site", "same-origin"}}), 0);
  EXPECT_EQ(status_of("GET", {{"Sec-Fetch-Site", "none"}}), 0);
}

TEST(OriginCheck, OverTlsOnlyTlsIsItsOwnOrigin) {
  Config config;
  EXPECT_EQ(status_of("GET", {{"Origin", "https://127.0.0.1:8080"}}, config), 0) << "a proxy before us";
  config.certificate = "node.pem";
  EXPECT_EQ(status_of("POST", {mark, {"Origin", "https://127.0.0.1:8080"}}, config), 0);
  EXPECT_EQ(status_of("POST", {mark, {"Origin", "http://127.0.0.1:8080"}}, config), 403);
  config.port = 443;
  EXPECT_EQ(status_of("GET", {{"Host", "localhost"}}, config), 0);
  config.port = 80;
  EXPECT_EQ(status_of("GET", {{"Host", "localhost"}}, config), 421);
}

TEST(OriginCheck, APostNeedsItsHeader) {
  EXPECT_EQ(status_of("POST", {}), 403);
  EXPECT_EQ(status_of("POST", {{"X-Anatomynet", "0"}}), 403);
  EXPECT_EQ(status_of("POST", {mark, mark}), 403);
  EXPECT_EQ(status_of("POST", {mark}), 0);
  for (const char* method : {"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get"})
    EXPECT_EQ(status_of(method, {mark}), 405) << method;
}

TEST(OriginCheck, ABeaconTellsItsOriginInstead) {
  Config config;
  config.beacon_paths = {"/goodbye"};
  const Headers own{{"Origin", "http://127.0.0.1:8080"}};
  EXPECT_EQ(status_of("POST", own, config, "/goodbye"), 0);
  EXPECT_EQ(status_of("POST", own, config, "/other"), 403);
  EXPECT_EQ(status_of("POST", {}, config, "/goodbye"), 403);
  EXPECT_EQ(status_of("POST", {{"Origin", "http://evil.example"}}, config, "/goodbye"), 403);
  EXPECT_EQ(status_of("POST", own, config, "/review/7/goodbye"), 403);
  config.beacon_paths = {"*/goodbye"};
  EXPECT_EQ(status_of("POST", own, config, "/review/7/goodbye"), 0);
  EXPECT_EQ(status_of("POST", own, config, "/review/7/goodbye/x"), 403);
  EXPECT_EQ(status_of("POST", {}, config, "/review/7/goodbye"), 403);
}

TEST(OriginCheck, UsersMayBeFew) {
  Config config;
  config.users = {"alice"};
  config.open_paths = {"/health"};
  EXPECT_EQ(status_of("GET", {}, config), 0);
  EXPECT_EQ(status_of("GET", {}, config, "/", "mallory"), 403);
  EXPECT_EQ(status_of("POST", {mark}, config, "/api/v1/jobs/1/purge", "mallory"), 403);
  EXPECT_EQ(status_of("GET", {}, config, "/", ""), 403);
  EXPECT_EQ(status_of("GET", {}, config, "/health", "mallory"), 0);
  EXPECT_EQ(status_of("GET", {}, config, "/health/", "mallory"), 403);
}

}  // namespace
