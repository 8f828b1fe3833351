#pragma once
#include <functional>
#include <memory>

#include "core/error.h"
#include "core/messages.h"
#include "service/node_config.h"
#include "service/web/web_request.h"

namespace anatomynet::service {

/// HTTP/1.1 on one loopback address: a request a connection, whose request line and headers take at most 32
/// KB and 10 s together, and whose answer 60 s; bodies are not read. At most 64 connections wait or are
/// served, others are closed. Threads of its own call `answer`.
class HttpServer {
 public:
  using Answer = std::function<WebResponse(const WebRequest&)>;

  /// Listens from here on. `config` and `messages` outlive it. Throws Error(usage) for an address or port
  /// that cannot be had.
  HttpServer(const HttpConfig& config, Answer answer, Messages& messages);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::service
