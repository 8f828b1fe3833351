#include "cli/engines/bench_worker.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/memory.h"
#include "inference/make_engine.h"

namespace anatomynet::cli {
namespace {

std::string text_of(const Size3& s) {
  return std::to_string(s[2]) + "x" + std::to_string(s[1]) + "x" + std::to_string(s[0]);
}

// A head's worth of values: smooth, bright inside, air around, and some noise.
std::vector<float> test_image(const Size3& s) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> noise(-0.02f, 0.02f);
  std::vector<float> image;
  image.reserve(static_cast<std::size_t>(s[0] * s[1] * s[2]));
  for (std::int64_t z = 0; z < s[2]; ++z)
    for (std::int64_t y = 0; y < s[1]; ++y)
      for (std::int64_t x = 0; x < s[0]; ++x) {
        const float a = float(x) / float(s[0]) - 0.5f, b = float(y) / float(s[1]) - 0.5f;
        image.push_back(a * a + b * b < 0.16f ? 0.4f + noise(random) : 0.0f);
      }
  return image;
}

}  // namespace

BenchWorker::BenchWorker(const BenchCase& what) : what_(what) {
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0)
    throw Error(ErrorKind::internal, std::string("cannot make a pipe: ") + std::strerror(errno));
  std::vector<std::string> words = {"anatomynet",
                                    "-q",
                                    "bench",
                                    "--worker",
                                    what.engine,
                                    "--precision",
                                    what.precision,
                                    "--model",
                                    what.model,
                                    "--size",
                                    text_of(what.size),
                                    "--threads",
                                    std::to_string(what.threads)};
  if (!what.command.empty()) words = {"sh", "-c", "exec " + what.command};
  const char* program = what.command.empty() ? "/proc/self/exe" : "/bin/sh";
  ::setenv("ANATOMYNET_BENCH_SIZE", text_of(what.size).c_str(), 1);
  ::setenv("ANATOMYNET_BENCH_THREADS", std::to_string(what.threads).c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  process_ = ::fork();
  if (process_ < 0)
    throw Error(ErrorKind::internal, std::string("cannot start a process: ") + std::strerror(errno));
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no worker outlives an interrupted benchmark
    ::dup2(down[0], STDIN_FILENO);
    ::dup2(up[1], STDOUT_FILENO);
    sigset_t none;  // this program takes signals by a thread; a peer does as its own says
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execv(program, arguments.data());
    ::_exit(127);
  }
  ::close(down[0]);
  ::close(up[1]);
  to_ = down[1];
  from_ = up[0];
}

BenchWorker::~BenchWorker() {
  if (to_ >= 0) ::close(to_);
  if (from_ >= 0) ::close(from_);
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

std::string BenchWorker::ask(const std::string& word) {
  if (!word.empty()) {
    const std::string line = word + "\n";
    if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return "fail it ended early";
  }
  std::string answer;
  char c = 0;
  while (::read(from_, &c, 1) == 1 && c != '\n') answer += c;
  return answer.empty() ? "fail it ended early" : answer;
}

std::string BenchWorker::start() {
  const std::string answer = ask("");
  return answer == "ready" ? "" : answer.substr(answer.find(' ') + 1);
}

double BenchWorker::run() {
  const std::string answer = ask("run");
  try {
    return std::stod(answer);
  } catch (const std::exception&) {
    throw Error(ErrorKind::internal, "benchmark of " + what_.engine + " " + what_.precision + ": " + answer);
  }
}

double BenchWorker::peak_bytes() {
  const std::string answer = ask("peak");
  try {
    return std::stod(answer);
  } catch (const std::exception&) {
    throw Error(ErrorKind::internal, "benchmark of " + what_.engine + " " + what_.precision + ": " + answer);
  }
}

void serve_bench(const BenchCase& what) {
  std::unique_ptr<inference::Engine> engine;
  try {
    const model::Model model = model::read_model(what.model);
    engine = what.engine == "eager"
                 ? inference::make_torch_engine(model, {inference::Arithmetic::fp32, what.threads, true})
                 : inference::make_engine(model, {what.engine, what.threads, what.precision});
  } catch (const Error& e) {
    std::cout << "fail " << e.what() << std::endl;
    return;
  }
  const std::int64_t needed = engine->memory_needed(what.size), available = available_memory();
  if (available > 0 && needed > available) {
    std::cout << "fail it needs about " << needed / 1000000 << " MB, " << available / 1000000
              << " are available" << std::endl;
    return;
  }
  const std::vector<float> image = test_image(what.size);
  std::cout << "ready" << std::endl;
  std::string word;
  while (std::getline(std::cin, word)) {
    if (word == "peak") {
      std::cout << double(peak_memory()) << std::endl;
      return;
    }
    try {
      const double start = seconds_now();
      engine->run(image, what.size, [](auto, auto, auto) {});
      std::cout << seconds_now() - start << std::endl;
    } catch (const Error& e) {
      std::cout << "fail " << e.what() << std::endl;
      return;
    }
  }
}

}  // namespace anatomynet::cli
