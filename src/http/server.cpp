#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "http/bounded_stream.h"
#include "http/local_user.h"
#include "http/tls_stream.h"

namespace anatomynet::http {
namespace {

constexpr std::size_t threads = 32;
constexpr int most_connections = 64, most_of_one_address = 24;
constexpr double read_s = 10, body_s = 60, write_s = 60, linger_s = 1;
constexpr std::int64_t most_request_bytes = 32 << 10;
constexpr std::size_t piece_bytes = 1 << 20, read_bytes = 64 << 10, longest_chunk_line = 1024;
constexpr int most_trailers = 32;
constexpr double least_bytes_a_second = 1e6;  // of a large body
constexpr auto again_after = std::chrono::milliseconds(500);

// Set while a connection is only to be closed.
thread_local bool is_one_too_many = false;
// The connection that this thread serves.
thread_local BoundedStream* current_stream = nullptr;

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

// How many connections of each address are served. So that one machine cannot have all threads.
class Guests {
 public:
  bool enter(const std::string& address) {
    const std::lock_guard guard(mutex_);
    int& count = counts_[address];
    if (count >= most_of_one_address) return false;
    ++count;
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard guard(mutex_);
    if (--counts_[address] == 0) counts_.erase(address);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> counts_;
};

class OneRequestServer : public httplib::Server {
 public:
  /// For connections that come from now on; without any: plain HTTP, of this machine alone.
  void use(std::shared_ptr<const TlsContext> tls) {
    const std::lock_guard guard(mutex_);
    tls_ = std::move(tls);
  }

 private:
  std::shared_ptr<const TlsContext> tls_now() {
    const std::lock_guard guard(mutex_);
    return tls_;
  }

  bool process_and_close_socket(socket_t socket) override {
    if (is_one_too_many) {
      ::close(socket);
      return false;
    }
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);  // contouring processes start meanwhile
    if (const auto tls = tls_now()) return serve_over_tls(socket, *tls);
    BoundedStream stream(socket, read_s, write_s, most_request_bytes);
    const bool done = serve(stream);
    close_gently(socket);
    return done;
  }

  bool serve_over_tls(socket_t socket, const TlsContext& tls) {
    TlsStream stream(tls, socket, read_s, write_s, most_request_bytes);
    std::string address;
    int port = 0;
    stream.get_remote_ip_and_port(address, port);
    if (!guests_.enter(address)) {
      ::close(socket);
      return false;
    }
    bool done = false;
    if (stream.handshake()) {
      done = serve(stream);
      stream.close();
      close_gently(socket);
    } else {
      ::close(socket);
    }
    guests_.leave(address);
    return done;
  }

  bool serve(BoundedStream& stream) {
    current_stream = &stream;
    bool closed = false;
    const bool done = process_request(stream, true, closed, [](httplib::Request& request) {
      request.ranges.clear();  // many overlapping ones would multiply the answer
    });
    current_stream = nullptr;
    return done;
  }

  Guests guests_;
  std::mutex mutex_;
  std::shared_ptr<const TlsContext> tls_;
};

template <class Values>
std::vector<std::string> values_of(const Values& map, const std::string& name) {
  std::vector<std::string> out;
  const auto [from, to] = map.equal_range(name);
  for (auto it = from; it != to; ++it) out.push_back(it->second);
  return out;
}

// What may be asked of a body before it is read: its length, -1 where it is chunked; or a status.
struct BodyLength {
  int status = 0;
  std::int64_t bytes = -1;
};

BodyLength length_of(const httplib::Request& request, std::int64_t most) {
  if (request.has_header("Content-Encoding")) return {415};
  const std::vector<std::string> lengths = values_of(request.headers, "Content-Length"),
                                 encodings = values_of(request.headers, "Transfer-Encoding");
  if (lengths.empty() && encodings == std::vector<std::string>{"chunked"}) return {};
  if (lengths.size() != 1 || !encodings.empty()) return {411};
  std::int64_t length = 0;
  const char* const end = lengths[0].data() + lengths[0].size();
  const auto [stop, error] = std::from_chars(lengths[0].data(), end, length);
  if (error == std::errc::result_out_of_range || length > most) return {413};
  if (error != std::errc{} || stop != end || length < 0) return {411};
  return {0, length};
}

// httplib would decode bodies, and keep what they grow to. Headers were read byte by byte, so that the body
// begins where the stream stands.
int read_pieces(std::int64_t length, const std::function<bool(std::string_view)>& take) {
  char bytes[read_bytes];
  while (length > 0) {
    const ssize_t got = current_stream->read(bytes, std::min(read_bytes, static_cast<std::size_t>(length)));
    if (got <= 0) return 408;
    if (!take({bytes, static_cast<std::size_t>(got)})) return 400;
    length -= got;
  }
  return 0;
}

// A line of the chunked coding (RFC 9112 7.1), without its end; nothing where it is too long or ends early.
std::optional<std::string> read_line() {
  std::string line;
  while (line.size() < longest_chunk_line) {
    char c = 0;
    if (current_stream->read(&c, 1) != 1) return std::nullopt;
    if (c == '\n') return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    line.push_back(c);
  }
  return std::nullopt;
}

int read_chunks(std::int64_t most, const std::function<bool(std::string_view)>& take) {
  while (true) {
    const std::optional<std::string> line = read_line();
    if (!line) return 408;
    std::int64_t length = 0;
    const char* const end = line->data() + line->size();
    const auto [stop, error] = std::from_chars(line->data(), end, length, 16);
    if (error != std::errc{} || length < 0 || (stop != end && *stop != ';' && *stop != ' ')) return 400;
    if (length == 0) break;
    if (length > most) return 413;
    most -= length;
    if (const int status = read_pieces(length, take)) return status;
    const std::optional<std::string> after = read_line();
    if (!after || !after->empty()) return 400;
  }
  for (int k = 0; k < most_trailers; ++k) {
    const std::optional<std::string> line = read_line();
    if (!line) return 408;
    if (line->empty()) return 0;
  }
  return 400;
}

int read_body(const httplib::Request& request, std::int64_t most, std::string& to) {
  const BodyLength length = length_of(request, most);
  if (length.status != 0) return length.status;
  if (length.bytes < 0) return 411;
  current_stream->allow(length.bytes, body_s);
  return read_pieces(length.bytes, [&](std::string_view piece) {
    to += piece;
    return true;
  });
}

int read_large_body(const httplib::Request& request, std::int64_t most,
                    const std::function<bool(std::string_view)>& take) {
  const BodyLength length = length_of(request, most);
  if (length.status != 0) return length.status;
  const std::int64_t bytes = length.bytes < 0 ? most + most / 8 : length.bytes;  // with the lines of chunks
  current_stream->allow(bytes, body_s + double(bytes) / least_bytes_a_second);
  return length.bytes < 0 ? read_chunks(most, take) : read_pieces(length.bytes, take);
}

Request request_of(const httplib::Request& request, std::int64_t most_body_bytes) {
  Request out;
  out.method = request.method;
  out.path = request.path;
  out.headers = [&request](const std::string& name) { return values_of(request.headers, name); };
  out.parameters = [&request](const std::string& name) { return values_of(request.params, name); };
  out.address = request.remote_addr;
  out.user = local_user(request.remote_addr, request.remote_port, request.local_addr, request.local_port);
  out.body = [&request, most_body_bytes](std::string& to) { return read_body(request, most_body_bytes, to); };
  out.pieces = [&request, most_body_bytes](const std::function<bool(std::string_view)>& take) {
    return read_large_body(request, most_body_bytes, take);
  };
  return out;
}

void give(const Response& made, httplib::Response& response) {
  response.headers.clear();
  response.status = made.status;
  for (const auto& [name, value] : made.headers) response.set_header(name, value);
  if (made.lasting.empty()) return response.set_content(made.body, made.type);
  response.set_content_provider(made.lasting.size(), made.type,
                                [bytes = made.lasting](size_t offset, size_t count, httplib::DataSink& sink) {
                                  return sink.write(bytes.data() + offset, std::min(count, piece_bytes));
                                });
}

}  // namespace

struct Server::State {
  OneRequestServer server;
  std::atomic<bool> stopping{false}, ended{false};
  std::thread thread;

  Config config;

  bool listen() {
    if (config.port != 0) return server.bind_to_port(config.address, static_cast<int>(config.port));
    config.port = server.bind_to_any_port(config.address);
    return config.port > 0;
  }
  // httplib ends at the first connection that cannot be taken, as where memory or numbers for files lack.
  void serve(Messages& messages) {
    do {
      server.listen_after_bind();
      if (!stopping) messages.warning("HTTP: a connection could not be taken; listening again");
      while (!stopping && !listen()) std::this_thread::sleep_for(again_after);
    } while (!stopping);
    ended = true;
  }
};

Server::Server(Config config, Answer answer, Messages& messages) : state_(std::make_unique<State>()) {
  state_->config = std::move(config);
  renew_certificate();
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
  server.set_pre_routing_handler([answer = std::move(answer), &config = state_->config](
                                     const httplib::Request& request, httplib::Response& response) {
    const std::int64_t most =
        config.is_open_post(request.path) ? config.most_open_body_bytes : config.most_body_bytes;
    give(answer(request_of(request, most)), response);
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        response.status = 500;  // httplib's own would tell the reason
      });
  const std::int64_t wanted = state_->config.port;
  if (!state_->listen())
    throw Error(ErrorKind::usage, "cannot listen on " + state_->config.address + " port " +
                                      std::to_string(wanted) +
                                      " for HTTP: another program may have it; choose another port");
  state_->thread = std::thread([state = state_.get(), &messages] { state->serve(messages); });
}

void check_certificate(const Config& config) { TlsContext{config.certificate, config.key}; }

void Server::renew_certificate() {
  if (!state_->config.uses_tls()) return;
  state_->server.use(std::make_shared<const TlsContext>(state_->config.certificate, state_->config.key));
}

std::int64_t Server::port() const { return state_->config.port; }

Server::~Server() {
  state_->stopping = true;
  // A stop that comes before httplib listens would be lost.
  while (!state_->server.is_running() && !state_->ended)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  state_->server.stop();
  state_->thread.join();
}

}  // namespace anatomynet::http
