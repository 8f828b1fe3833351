#include "http/multipart.h"

#include <vector>

#include <gtest/gtest.h>

#include "http/client.h"

namespace {

using namespace anatomynet;

struct Seen {
  bool good = true, ended = false;
  std::vector<std::string> types, bodies;
};

Seen read(const std::string& body, std::size_t piece, const std::string& boundary = "b") {
  Seen seen;
  http::MultipartReader reader(boundary,
                               {[&](const std::string& type) {
                                  seen.types.push_back(type);
                                  seen.bodies.emplace_back();
                                },
                                [&](std::string_view bytes) { seen.bodies.back() += bytes; }, [] {}});
  for (std::size_t at = 0; at < body.size() && seen.good; at += piece)
    seen.good = reader.take(std::string_view(body).substr(at, piece));
  seen.ended = reader.ended();
  return seen;
}

TEST(Multipart, PartsComeWholeInPiecesOfAnySize) {
  const std::string first = std::string("\r\n--\r\n-b\r\n--a\0\r\n-", 20),
                    second = "--b is no delimiter here";
  const std::string body = "a preamble\r\n--b\r\nContent-Type: application/dicom\r\nX: y\r\n\r\n" + first +
                           "\r\n--b  \r\ncontent-type:text/plain\r\n\r\n" + second +
                           "\r\n--b\r\n\r\n\r\n--b--\r\nan epilogue";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    const Seen seen = read(body, piece);
    ASSERT_TRUE(seen.good && seen.ended) << piece;
    ASSERT_EQ(seen.types, (std::vector<std::string>{"application/dicom", "text/plain", ""})) << piece;
    ASSERT_EQ(seen.bodies, (std::vector<std::string>{first, second, ""})) << piece;
  }
}

TEST(Multipart, FirstDelimiterNeedsNoLineBreak) {
  const Seen seen = read("--b\r\n\r\nx\r\n--b--", 3);
  EXPECT_TRUE(seen.ended);
  EXPECT_EQ(seen.bodies, std::vector<std::string>{"x"});
}

TEST(Multipart, BoundaryMayBeLong) {
  const std::string boundary(200, 'b');
  const Seen seen = read("--" + boundary + "\r\n\r\nx\r\n--" + boundary + "--\r\n", 50, boundary);
  EXPECT_TRUE(seen.good && seen.ended);
  EXPECT_EQ(seen.bodies, std::vector<std::string>{"x"});
}

TEST(Multipart, WhatIsNoneIsSeen) {
  EXPECT_FALSE(read("--bx\r\n\r\nx\r\n--b--", 3).good);  // another boundary that begins so
  EXPECT_FALSE(read("--b\r\n" + std::string(20000, 'x'), 100).good);
  EXPECT_FALSE(read("--b\r\n\r\ncut short", 3).ended);
  EXPECT_FALSE(read("nothing", 3).ended);
}

TEST(ContentType, HasParametersQuotedOrNot) {
  const auto type = http::content_type("Multipart/Related; type=\"application/dicom\"; Boundary=a;x=\"q;r\"");
  EXPECT_EQ(type.type, "multipart/related");
  EXPECT_EQ(type.parameter("type"), "application/dicom");
  EXPECT_EQ(type.parameter("boundary"), "a");
  EXPECT_EQ(type.parameter("x"), "q;r");
  EXPECT_EQ(type.parameter("y"), "");
  for (const char* odd : {"", ";", "a;", "a;b", "a;b=", "a;b=\"", "a;=", "a; b = \"c"})
    EXPECT_EQ(http::content_type(odd).parameter("z"), "") << odd;
}

TEST(Url, IsReadOrRefused) {
  const auto url = http::parse_url("https://pacs.hospital:8443/dicom-web/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "pacs.hospital");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/dicom-web");
  EXPECT_EQ(http::parse_url("http://a")->port, 80);
  EXPECT_EQ(http::parse_url("http://a/b")->path, "/b");
  for (const char* bad : {"", "a", "ftp://a", "http://", "http://a:0", "http://a:b", "http://a:99999/",
                          "http://u@a/", "http://a/?x", "http://a b/", "http:///x"})
    EXPECT_FALSE(http::parse_url(bad)) << bad;
}

}  // namespace
