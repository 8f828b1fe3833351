#include "training/distributed/process_group.h"

#include <cstdlib>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/torch.h>
#include <unistd.h>

#include "core/error.h"
#include "training/distributed/buckets.h"
#include "training/distributed/gpu_group.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;
using Gloo = c10d::ProcessGroupGloo;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// How long the survivors wait for each other's last words, and one that ends for others to read its own.
constexpr auto listening = 3s, telling = 15s;

std::string named(const ProcessPlace& place) {
  return "process " + std::to_string(place.rank) + " of " + std::to_string(place.size);
}

std::string seconds(std::chrono::milliseconds t) { return std::to_string(t.count() / 1000) + " s"; }

std::string meeting_point(const ProcessPlace& place) {
  return place.address + ":" + std::to_string(place.port);
}

std::shared_ptr<::gloo::transport::Device> interface_of(const ProcessPlace& place) {
  const char* chosen = std::getenv("GLOO_SOCKET_IFNAME");  // the name that other c10d programs use
  if (chosen && *chosen) return Gloo::createDeviceForInterface(chosen);
  if (place.address == "127.0.0.1" || place.address == "localhost")
    return Gloo::createDeviceForHostname("127.0.0.1");
  return Gloo::createDefaultDevice();
}

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Tensor as_tensor(const std::string& text) {
  Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kByte);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  return bytes;
}

std::string as_text(const Tensor& bytes, std::int64_t length) {
  const auto* from = bytes.data_ptr<std::uint8_t>();
  return {from, from + length};
}

}  // namespace

struct ProcessGroup::Connection {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<Gloo> gloo;
  std::unique_ptr<GpuGroup> gpus;  // none: tensors on a GPU travel through the CPU
  bool over = false, asked_for_gpus = false;

  // Buckets of tensors on GPUs stay there where the GPUs have a group of their own, made when it is needed.
  void for_each_flat(const ProcessPlace& place, const std::vector<Tensor>& tensors,
                     const std::function<void(Tensor& flat)>& use) {
    for_each_bucket(tensors, bucket_bytes, use, [&](torch::Device device) {
      if (device.is_cuda() && !std::exchange(asked_for_gpus, true)) gpus = make_gpu_group(store, place);
      return device.is_cuda() && gpus;
    });
  }

  // Closes the connections, which wakes whoever waits for this process; then hears from the store who is
  // still there. `reason`: why this process ends, empty where it is a survivor. Returns what is known of the
  // others: whom nobody heard of, or who ended for a reason of its own.
  std::string part(const ProcessPlace& place, const std::string& reason) {
    over = true;
    const auto key = [](const char* kind, int rank) { return kind + std::to_string(rank); };
    try {
      store->set(key("end/", place.rank), bytes_of("." + reason));
      gpus.reset();
      gloo.reset();
      const auto all = [&](const char* kind) {
        for (int r = 0; r < place.size; ++r)
          if (!store->check({key(kind, r)})) return false;
        return true;
      };
      const auto end = Clock::now() + (reason.empty() ? listening : telling);
      while (!all("end/") && Clock::now() < end) std::this_thread::sleep_for(20ms);
      std::string silent, told;
      for (int r = 0; r < place.size; ++r) {
        if (r == place.rank) continue;
        if (!store->check({key("end/", r)})) {
          silent += (silent.empty() ? "" : ", ") + std::to_string(r);
          continue;
        }
        const auto words = store->get(key("end/", r));
        if (words.size() > 1)
          told += (told.empty() ? "" : "; ") + ("process " + std::to_string(r) + " ended: ") +
                  std::string(words.begin() + 1, words.end());
      }
      store->set(key("read/", place.rank), bytes_of("."));
      // The store goes with process 0, so it stays until the other survivors have read.
      while (place.rank == 0 && !all("read/") && Clock::now() < end) std::this_thread::sleep_for(20ms);
      if (!told.empty()) return told;
      if (!silent.empty()) return "lost process " + silent;
    } catch (const std::exception&) {
      return "lost process 0";  // its store does not answer
    }
    return "lost the connection between the processes, though all are there";
  }
};

namespace {

// Where to meet. c10d would ask for an unknown host again and again.
std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses_of(const ProcessPlace& place) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(place.address.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0) {
    throw Error(ErrorKind::usage, named(place) + ": MASTER_ADDR=" + place.address +
                                      " is no address or host that is known here");
  }
  return {found, ::freeaddrinfo};
}

// True once a program listens there. c10d's own attempts would each leave lines on stderr.
bool listens(const ProcessPlace& place) {
  const auto found = addresses_of(place);
  bool connected = false;
  for (const addrinfo* a = found.get(); a && !connected; a = a->ai_next) {
    const int socket = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (socket < 0) continue;
    connected = ::connect(socket, a->ai_addr, a->ai_addrlen) == 0;
    ::close(socket);
  }
  return connected;
}

[[noreturn]] void no_meeting(const ProcessPlace& place, const std::string& why) {
  throw Error(ErrorKind::peer_lost, named(place) + ": no meeting at " + meeting_point(place) + ": " + why);
}

c10::intrusive_ptr<c10d::Store> open_store(const ProcessPlace& place, Clock::time_point end) {
  addresses_of(place);
  while (place.rank > 0 && !listens(place)) {
    if (Clock::now() > end)
      no_meeting(place, "nobody listens there within " + seconds(place.timeout) +
                            "; start process 0, and see that MASTER_ADDR and MASTER_PORT are its own");
    std::this_thread::sleep_for(50ms);
  }
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0;
  options.waitWorkers = false;
  options.timeout = place.timeout;
  try {
    const auto tcp = c10::make_intrusive<c10d::TCPStore>(place.address, options);
    tcp->setTimeout(place.timeout);
    return c10::make_intrusive<c10d::PrefixStore>("anatomynet", tcp);
  } catch (const std::exception&) {
    no_meeting(place, place.rank == 0 ? "the port is taken; set another MASTER_PORT for all processes"
                                      : "another program listens there; see MASTER_ADDR and MASTER_PORT");
  }
}

// Until all have come.
void wait_for_all(c10d::Store& store, const ProcessPlace& place, Clock::time_point end) {
  const auto key = [](int rank) { return "came/" + std::to_string(rank); };
  try {
    store.set(key(place.rank), bytes_of("."));
    for (int r = 0; r < place.size; ++r)
      while (!store.check({key(r)})) {
        if (Clock::now() > end)
          no_meeting(place, "process " + std::to_string(r) + " did not come within " +
                                seconds(place.timeout) + "; start all " + std::to_string(place.size) +
                                " processes, with one MASTER_ADDR and MASTER_PORT");
        std::this_thread::sleep_for(20ms);
      }
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    no_meeting(place, "process 0 went away");
  }
}

}  // namespace

ProcessGroup::ProcessGroup() = default;
ProcessGroup::~ProcessGroup() = default;

ProcessGroup::ProcessGroup(const ProcessPlace& place) : place_(place) {
  if (place.size == 1) return;
  const auto end = Clock::now() + place.timeout;
  connection_ = std::make_unique<Connection>();
  connection_->store = open_store(place, end);
  wait_for_all(*connection_->store, place, end);
  call("meeting", [&] {
    const auto options = Gloo::Options::create(place.timeout);
    options->threads = 1;  // one call at a time
    options->devices.push_back(interface_of(place));
    connection_->gloo = c10::make_intrusive<Gloo>(connection_->store, place.rank, place.size, options);
  });
}

// What Gloo throws never leaves: it becomes one line that says who is missing.
template <class Call>
void ProcessGroup::call(const char* what, Call&& what_to_do) {
  if (!connection_) return;
  if (connection_->over)
    throw Error(ErrorKind::peer_lost, named(place_) + ": the processes have parted already");
  std::string reason;
  try {
    return what_to_do();
  } catch (const std::exception& error) {
    reason = error.what();
  }
  const bool late =
      reason.find("imed out") != std::string::npos || reason.find("imeout") != std::string::npos;
  const std::string known = connection_->part(place_, "");
  throw Error(ErrorKind::peer_lost,
              named(place_) + ": " + known + " (" + what +
                  (late ? ": no answer within " + seconds(place_.timeout) : "") +
                  "); the last checkpoint is intact, start all processes again with --resume");
}

void ProcessGroup::sum(const std::vector<Tensor>& tensors) {
  call("sum", [&] {
    connection_->for_each_flat(place_, tensors, [&](Tensor& flat) {
      std::vector<Tensor> one{flat};
      flat.is_cuda() ? connection_->gpus->sum(flat) : void(connection_->gloo->allreduce(one)->wait());
    });
  });
}

void ProcessGroup::broadcast(const std::vector<Tensor>& tensors) {
  call("broadcast", [&] {
    connection_->for_each_flat(place_, tensors, [&](Tensor& flat) {
      std::vector<Tensor> one{flat};
      flat.is_cuda() ? connection_->gpus->broadcast(flat) : void(connection_->gloo->broadcast(one)->wait());
    });
  });
}

std::string ProcessGroup::broadcast(const std::string& text) {
  if (!connection_) return text;
  Tensor length = torch::tensor({static_cast<std::int64_t>(text.size())}, torch::kLong);
  broadcast(std::vector<Tensor>{length});
  const auto n = length.item<std::int64_t>();
  if (n == 0) return {};
  const Tensor bytes = first() ? as_tensor(text) : torch::zeros({n}, torch::kByte);
  broadcast(std::vector<Tensor>{bytes});
  return as_text(bytes, n);
}

std::vector<std::string> ProcessGroup::gather(const std::string& text) {
  std::vector<std::string> all{text};
  call("gather", [&] {
    const auto exchange = [&](const Tensor& ours) {
      std::vector<Tensor> in{ours};
      std::vector<std::vector<Tensor>> out(1);
      for (int r = 0; r < size(); ++r) out[0].push_back(torch::empty_like(ours));
      connection_->gloo->allgather(out, in)->wait();
      return out[0];
    };
    const auto lengths = exchange(torch::tensor({static_cast<std::int64_t>(text.size())}, torch::kLong));
    std::int64_t longest = 1;
    for (const Tensor& n : lengths) longest = std::max(longest, n.item<std::int64_t>());
    const Tensor padded = torch::zeros({longest}, torch::kByte);
    padded.slice(0, 0, static_cast<std::int64_t>(text.size())).copy_(as_tensor(text));
    const auto texts = exchange(padded);
    all.clear();
    for (std::size_t r = 0; r < texts.size(); ++r)
      all.push_back(as_text(texts[r], lengths[r].item<std::int64_t>()));
  });
  return all;
}

bool ProcessGroup::any(bool here) {
  if (!connection_) return here;
  const Tensor said = torch::tensor({std::int64_t{here}}, torch::kLong);
  sum({said});
  return said.item<std::int64_t>() > 0;
}

void ProcessGroup::barrier() { any(false); }

void ProcessGroup::run(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    if (connection_ && !connection_->over) {
      const std::string reason = error.what();
      connection_->part(place_, reason.empty() ? "unknown" : reason.substr(0, reason.find('\n')));
    }
    throw;
  }
}

}  // namespace anatomynet::training
