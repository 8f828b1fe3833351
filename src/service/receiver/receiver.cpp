#include "service/receiver/receiver.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "io/dicom/instance_header.h"
#include "service/receiver/association.h"
#include "service/receiver/watched_layer.h"

namespace anatomynet::service {
namespace {

constexpr int most_strangers = 64;  // connections beside the associations, until they say who they are
constexpr std::size_t stack_bytes = 64 << 20;  // DCMTK parses nested sequences by recursion
constexpr int poll_ms = 500;

struct DropNetwork {
  void operator()(T_ASC_Network* network) const { ASC_dropNetwork(&network); }
};

// Global to DCMTK: where it finds the socket that it receives an association from.
std::mutex& socket_turn() {
  static std::mutex one;
  return one;
}

}  // namespace

int listen_on(const std::string& address, std::int64_t port, const std::string& table) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  if (fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 &&
      ::listen(fd, 256) == 0)
    return fd;
  const std::string reason = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  throw Error(ErrorKind::usage, "cannot listen on " + address + " port " + std::to_string(port) + ": " +
                                    reason + "; change address or port under " + table);
}

struct Receiver::State {
  State(const NodeConfig& config, const DicomTls& dicom_tls, Store& store, Intake& intake,
        CommitmentReports& reports, NodeCounters& counters, Messages& messages)
      : context{config.dicom, config.min_free_mb, store, intake, reports, counters, messages},
        tls(dicom_tls) {}

  const ReceiverContext context;
  const DicomTls& tls;
  std::unique_ptr<T_ASC_Network, DropNetwork> network;
  int listener = -1;
  std::mutex mutex;
  std::condition_variable ended;
  std::set<std::shared_ptr<Watch>> connections;
  std::atomic<int> served{0};

  void open();
  void start(int socket, const std::string& address);
  void handle(int socket, const std::string& address, const std::shared_ptr<Watch>& watch);
  T_ASC_Association* receive(int socket, const std::shared_ptr<Watch>& watch);
  bool address_may_send(const std::string& address) const;
  bool take_place() {
    for (int now = served; now < static_cast<int>(context.config.associations);)
      if (served.compare_exchange_weak(now, now + 1)) return true;
    return false;
  }
  std::size_t count() {
    const std::lock_guard guard(mutex);
    return connections.size();
  }
  void check_all() {
    const std::lock_guard guard(mutex);
    for (const auto& watch : connections) watch->check();
  }
};

void Receiver::State::open() {
  dcmDisableGethostbyaddr.set(OFTrue);
  io::is_dicom_keyword("Modality");  // sets DCMTK up: no logs, a data dictionary
  dcmExternalSocketHandle.set(0);    // no socket yet, and DCMTK opens none of its own
  T_ASC_Network* made = nullptr;
  const OFCondition status =
      ASC_initializeNetwork(NET_ACCEPTOR, 0, static_cast<int>(context.config.acse_timeout_s), &made);
  if (status.bad())
    throw Error(ErrorKind::internal, std::string("cannot start DCMTK's network: ") + status.text());
  network.reset(made);
  WatchedLayer::LayerNow layer_now = [plain = std::make_shared<DcmTransportLayer>()] { return plain; };
  if (tls.used()) layer_now = [this] { return tls.acceptor(); };
  ASC_setTransportLayer(made, new WatchedLayer(std::move(layer_now)), 1);
  listener = listen_on(context.config.address, context.config.port, "[dicom]");
}

bool Receiver::State::address_may_send(const std::string& address) const {
  if (context.config.any_peer) return true;
  for (const Peer& peer : context.config.peers) {
    if (peer.addresses.empty()) return true;
    for (const std::string& pattern : peer.addresses)
      if (address_matches(address, pattern)) return true;
  }
  return false;
}

T_ASC_Association* Receiver::State::receive(int socket, const std::shared_ptr<Watch>& watch) {
  SocketHandover handover{std::unique_lock(socket_turn()), watch, false};
  current_handover() = &handover;
  dcmExternalSocketHandle.set(socket);
  T_ASC_Association* association = nullptr;
  const OFCondition status = ASC_receiveAssociation(
      network.get(), &association, static_cast<long>(context.config.max_pdu), nullptr, nullptr, tls.used(),
      DUL_NOBLOCK, static_cast<int>(context.config.acse_timeout_s));
  current_handover() = nullptr;
  if (!handover.taken) {
    handover.turn.unlock();
    watch->closed();
    ::close(socket);
  }
  if (status.good()) return association;
  if (association) {
    ASC_dropAssociation(association);
    ASC_destroyAssociation(&association);
  }
  return nullptr;
}

void Receiver::State::handle(int socket, const std::string& address, const std::shared_ptr<Watch>& watch) {
  watch->allow(context.config.acse_timeout_s, false);
  T_ASC_Association* asked = receive(socket, watch);
  if (!asked) {
    context.messages.warning("connection from " + address + ": asked for no association");
    return;
  }
  try {
    Association association(context, *asked, *watch, address);
    if (!association.refuse_stranger()) {
      if (take_place()) {
        ++context.counters.associations_served;
        ++context.counters.associations_open;
        association.serve();
        --context.counters.associations_open;
        --served;
      } else {
        association.refuse_for_now();
      }
    }
  } catch (const std::exception& error) {
    context.messages.error("association from " + address + ": " + error.what());
  }
  ASC_dropAssociation(asked);
  ASC_destroyAssociation(&asked);
}

void Receiver::State::start(int socket, const std::string& address) {
  if (!address_may_send(address) ||
      count() >= static_cast<std::size_t>(context.config.associations) + most_strangers) {
    ::close(socket);
    context.messages.warning(
        "connection from " + address + ": closed, " +
        (address_may_send(address) ? "too many are open" : "no [[dicom.peer]] has this address"));
    return;
  }
  struct Call {
    State& state;
    int socket;
    std::string address;
    std::shared_ptr<Watch> watch;
  };
  auto call = std::make_unique<Call>(
      Call{*this, socket, address, std::make_shared<Watch>(socket, context.config.association_s)});
  const std::shared_ptr<Watch> watch = call->watch;
  {
    const std::lock_guard guard(mutex);
    connections.insert(watch);
  }
  const auto body = [](void* given) -> void* {
    const std::unique_ptr<Call> mine(static_cast<Call*>(given));
    mine->state.handle(mine->socket, mine->address, mine->watch);
    const std::lock_guard guard(mine->state.mutex);
    mine->state.connections.erase(mine->watch);
    mine->state.ended.notify_all();
    return nullptr;
  };
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack_bytes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  if (::pthread_create(&thread, &attributes, body, call.get()) == 0) {
    call.release();  // NOLINT(bugprone-unused-return-value): the thread's
  } else {
    ::close(socket);
    const std::lock_guard guard(mutex);
    connections.erase(watch);
  }
  ::pthread_attr_destroy(&attributes);
}

Receiver::Receiver(const NodeConfig& config, const DicomTls& tls, Store& store, Intake& intake,
                   CommitmentReports& reports, NodeCounters& counters, Messages& messages)
    : state_(std::make_unique<State>(config, tls, store, intake, reports, counters, messages)) {
  state_->open();
}

Receiver::~Receiver() {
  if (state_->listener >= 0) ::close(state_->listener);
}

void Receiver::run(const std::function<bool()>& stop, double grace_s) {
  while (!stop()) {
    pollfd waiting{state_->listener, POLLIN, 0};
    ::poll(&waiting, 1, poll_ms);
    state_->check_all();
    while (true) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const int socket =
          ::accept4(state_->listener, reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC);
      if (socket < 0) break;
      char address[INET_ADDRSTRLEN] = "";
      ::inet_ntop(AF_INET, &from.sin_addr, address, sizeof address);
      state_->start(socket, address);
    }
  }
  ::close(std::exchange(state_->listener, -1));
  const double end = seconds_now() + grace_s;
  std::unique_lock lock(state_->mutex);
  while (!state_->connections.empty()) {
    if (seconds_now() > end)
      for (const auto& watch : state_->connections) watch->shut_down();
    state_->ended.wait_for(lock, std::chrono::milliseconds(100));
  }
}

}  // namespace anatomynet::service
