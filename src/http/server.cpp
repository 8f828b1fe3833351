#include "service/web/http_server.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "service/web/bounded_stream.h"
#include "service/web/local_user.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t threads = 32;
constexpr int most_connections = 64;
constexpr double read_s = 10, write_s = 60, linger_s = 1;
constexpr std::int64_t most_request_bytes = 32 << 10;
constexpr auto again_after = std::chrono::milliseconds(500);

// Set while a connection is only to be closed.
thread_local bool is_one_too_many = false;

/// A pool of threads whose queue has an end.
class BoundedQueue : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    if (++connections_ > most_connections) {
      is_one_too_many = true;
      task();
      is_one_too_many = false;
      --connections_;
      return;
    }
    pool_.enqueue([this, task = std::move(task)] {
      task();
      --connections_;
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  httplib::ThreadPool pool_{threads};
  std::atomic<int> connections_{0};
};

// Closing a socket with unread bytes makes the system drop what was sent and not yet taken.
void close_gently(int socket) {
  ::shutdown(socket, SHUT_WR);
  const double until = seconds_now() + linger_s;
  char bytes[4096];
  for (int k = 0; k < 64; ++k) {
    const double left = until - seconds_now();
    pollfd waiting{socket, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left * 1000)) <= 0) break;
    if (::recv(socket, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) break;
  }
  ::close(socket);
}

class OneRequestServer : public httplib::Server {
 private:
  bool process_and_close_socket(socket_t socket) override {
    if (is_one_too_many) {
      ::close(socket);
      return false;
    }
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);  // contouring processes start meanwhile
    BoundedStream stream(socket, read_s, write_s, most_request_bytes);
    bool closed = false;
    const bool done = process_request(stream, true, closed, [](httplib::Request& request) {
      request.ranges.clear();  // many overlapping ones would multiply the answer
    });
    close_gently(socket);
    return done;
  }
};

template <class Values>
std::vector<std::string> values_of(const Values& map, const std::string& name) {
  std::vector<std::string> out;
  const auto [from, to] = map.equal_range(name);
  for (auto it = from; it != to; ++it) out.push_back(it->second);
  return out;
}

WebRequest web_request(const httplib::Request& request) {
  WebRequest out;
  out.method = request.method;
  out.path = request.path;
  out.headers = [&request](const std::string& name) { return values_of(request.headers, name); };
  out.parameters = [&request](const std::string& name) { return values_of(request.params, name); };
  out.user = local_user(request.remote_addr, request.remote_port, request.local_addr, request.local_port);
  return out;
}

}  // namespace

struct HttpServer::State {
  OneRequestServer server;
  std::atomic<bool> stopping{false}, ended{false};
  std::thread thread;

  bool listen_on(const HttpConfig& config) {
    return server.bind_to_port(config.address, static_cast<int>(config.port));
  }
  // httplib ends at the first connection that cannot be taken, as where memory or numbers for files lack.
  void serve(const HttpConfig& config, Messages& messages) {
    do {
      server.listen_after_bind();
      if (!stopping) messages.warning("HTTP: a connection could not be taken; listening again");
      while (!stopping && !listen_on(config)) std::this_thread::sleep_for(again_after);
    } while (!stopping);
    ended = true;
  }
};

HttpServer::HttpServer(const HttpConfig& config, Answer answer, Messages& messages)
    : state_(std::make_unique<State>()) {
  httplib::Server& server = state_->server;
  server.new_task_queue = [] { return new BoundedQueue; };  // httplib's to delete
  server.set_address_family(AF_INET);
  server.set_socket_options([](socket_t socket) {  // httplib's would let another process share the port
    const int one = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  });
  httplib::Headers headers;  // of what httplib answers by itself
  for (const auto& [name, value] : closed_headers()) headers.emplace(name, value);
  server.set_default_headers(headers);
  // Before a body would be read.
  server.set_pre_routing_handler(
      [answer = std::move(answer)](const httplib::Request& request, httplib::Response& response) {
        const WebResponse made = answer(web_request(request));
        response.headers.clear();
        response.status = made.status;
        for (const auto& [name, value] : made.headers) response.set_header(name, value);
        response.set_content(made.body, made.type);
        return httplib::Server::HandlerResponse::Handled;
      });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        response.status = 500;  // httplib's own would tell the reason
      });
  if (!state_->listen_on(config))
    throw Error(ErrorKind::usage, "cannot listen on " + config.address + " port " +
                                      std::to_string(config.port) +
                                      " for HTTP: another program may have it; change port under [http]");
  state_->thread =
      std::thread([state = state_.get(), &config, &messages] { state->serve(config, messages); });
}

HttpServer::~HttpServer() {
  state_->stopping = true;
  // A stop that comes before httplib listens would be lost.
  while (!state_->server.is_running() && !state_->ended)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  state_->server.stop();
  state_->thread.join();
}

}  // namespace anatomynet::service
