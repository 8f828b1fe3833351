#include "http/server.h"

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace anatomynet;
using http::Request;
using http::Response;

// All that comes back when `sent` goes over a fresh connection.
std::string talk(std::int64_t port, const std::string& sent) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(::send(fd, sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
  ::shutdown(fd, SHUT_WR);
  std::string got;
  char bytes[4096];
  for (ssize_t n = 0; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
    got.append(bytes, static_cast<std::size_t>(n));
  ::close(fd);
  return got;
}

int status_of(const std::string& answer) { return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0; }

class HttpServerTest : public testing::Test {
 protected:
  Messages messages_;
  const std::string large_ = std::string(3'000'000, 'v') + "end";
  // Gives a POST's body back, and the large text for the rest.
  http::Server server_{
      {.port = 0, .most_body_bytes = 1000, .open_posts = "/open", .most_open_body_bytes = 5000},
      [this](const Request& request) -> Response {
        Response out{.type = "application/octet-stream"};
        if (request.method != "POST") {
          out.lasting = large_;
        } else if (request.path != "/unread") {
          const int status = request.path == "/pieces" ? request.pieces([&](std::string_view bytes) {
            out.body += bytes;
            return out.body.find('!') == std::string::npos;
          })
                                                       : request.body(out.body);
          if (status != 0) return http::refusal(status, "the body");
        }
        return out;
      },
      messages_};

  std::string post(const std::string& headers, const std::string& body, const std::string& path = "/") {
    return talk(server_.port(), "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body);
  }
};

TEST_F(HttpServerTest, FreePortServesLastingBytesWhole) {
  ASSERT_GT(server_.port(), 0);
  const std::string got = talk(server_.port(), "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(status_of(got), 200);
  ASSERT_GT(got.size(), large_.size());
  EXPECT_EQ(got.substr(got.size() - large_.size()), large_);
}

TEST_F(HttpServerTest, BodiesAreReadUpToTheirBound) {
  const std::string body(1000, 'b');
  const std::string got = post("Content-Length: 1000\r\n", body);
  EXPECT_EQ(status_of(got), 200);
  EXPECT_EQ(got.substr(got.size() - 1000), body);
  EXPECT_EQ(status_of(post("Content-Length: 0\r\n", "")), 200);
  EXPECT_EQ(status_of(post("Content-Length: 1001\r\n", body + "b")), 413);
  EXPECT_EQ(status_of(post("Content-Length: 99999999999999999999999\r\n", body)), 413);
  EXPECT_EQ(status_of(post("Content-Length: 1000\r\n", "short")), 408);
  EXPECT_EQ(status_of(post("Content-Length: -5\r\n", body)), 411);
  EXPECT_EQ(status_of(post("Content-Length: 5x\r\n", body)), 411);
  EXPECT_EQ(status_of(post("Content-Length: 5\r\nContent-Length: 6\r\n", body)), 411);
  EXPECT_EQ(status_of(post("", body)), 411);
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")), 411);
  EXPECT_EQ(status_of(post("Content-Length: 5\r\nContent-Encoding: gzip\r\n", "aaaaa")), 415);
  EXPECT_EQ(status_of(post("Content-Length: 999999\r\n", body, "/unread")), 200);
}

TEST_F(HttpServerTest, OpenPostsHaveABoundOfTheirOwn) {
  EXPECT_EQ(status_of(post("Content-Length: 5000\r\n", std::string(5000, 'b'), "/open")), 200);
  EXPECT_EQ(status_of(post("Content-Length: 5001\r\n", std::string(5001, 'b'), "/open")), 413);
}

TEST_F(HttpServerTest, LargeBodiesComeInPiecesAndChunks) {
  const std::string body(1000, 'b');
  const auto pieces = [&](const std::string& headers, const std::string& sent) {
    return post(headers, sent, "/pieces");
  };
  EXPECT_TRUE(pieces("Content-Length: 1000\r\n", body).ends_with(body));
  EXPECT_EQ(status_of(pieces("Content-Length: 1001\r\n", body + "b")), 413);
  EXPECT_EQ(status_of(pieces("Content-Length: 1000\r\n", "short")), 408);
  EXPECT_EQ(status_of(pieces("Content-Length: 4\r\n", "abc!")), 400);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string got = pieces(chunked, "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: z\r\n\r\n");
  EXPECT_EQ(status_of(got), 200);
  EXPECT_TRUE(got.ends_with("\r\nabc0123456789")) << got;
  EXPECT_EQ(status_of(pieces(chunked, "3E8\r\n" + body + "\r\n0\r\n\r\n")), 200);
  EXPECT_EQ(status_of(pieces(chunked, "3E8\r\n" + body + "\r\n1\r\nx\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(status_of(pieces(chunked, "FFFFFFFFFFFFFFFFFFF\r\n")), 400);
  EXPECT_EQ(status_of(pieces(chunked, "-1\r\n")), 400);
  EXPECT_EQ(status_of(pieces(chunked, "xyz\r\n")), 400);
  EXPECT_EQ(status_of(pieces(chunked, "3\r\nabcd\r\n0\r\n\r\n")), 400);
  EXPECT_EQ(status_of(pieces(chunked, "3\r\nab")), 408);
  EXPECT_EQ(status_of(pieces("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "abc")), 411);
  EXPECT_EQ(status_of(pieces("Transfer-Encoding: gzip, chunked\r\n", "abc")), 411);
}

}  // namespace
