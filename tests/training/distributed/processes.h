#pragma once
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/temporary_folder.h"

namespace anatomynet::test {

struct Ended {
  int code = -1;   ///< exit code; -1 where a signal ended it
  int signal = 0;  ///< that signal
  std::string out, err;
};

inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  return bound ? ntohs(address.sin_port) : 0;
}

/// Starts `size` processes of a program with torchrun's variables on this host and waits for all; what is
/// still there after two minutes is killed.
inline std::vector<Ended> run_processes(const std::string& program, int size,
                                        const std::vector<std::string>& arguments, int timeout = 60) {
  const TemporaryFolder folder;
  const std::string port = std::to_string(free_port());
  std::vector<pid_t> children;
  for (int rank = 0; rank < size; ++rank) {
    std::vector<std::string> environment;
    for (char** entry = environ; *entry; ++entry) environment.emplace_back(*entry);
    environment.push_back("RANK=" + std::to_string(rank));
    environment.push_back("WORLD_SIZE=" + std::to_string(size));
    environment.push_back("MASTER_PORT=" + port);
    environment.push_back("TIMEOUT=" + std::to_string(timeout));
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv, envp;
    for (auto& word : words) argv.push_back(word.data());
    for (auto& entry : environment) envp.push_back(entry.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const std::string out = (folder / ("out" + std::to_string(rank))).string(),
                      err = (folder / ("err" + std::to_string(rank))).string();
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_CREAT | O_WRONLY, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), O_CREAT | O_WRONLY, 0600);
    pid_t child = -1;
    if (::posix_spawn(&child, program.c_str(), &files, nullptr, argv.data(), envp.data()) != 0) child = -1;
    posix_spawn_file_actions_destroy(&files);
    children.push_back(child);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  std::vector<Ended> ended(children.size());
  for (std::size_t i = 0; i < children.size(); ++i) {
    int status = 0;
    while (children[i] > 0 && ::waitpid(children[i], &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) ::kill(children[i], SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (WIFEXITED(status)) ended[i].code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ended[i].signal = WTERMSIG(status);
    ended[i].out = read_bytes(folder / ("out" + std::to_string(i)));
    ended[i].err = read_bytes(folder / ("err" + std::to_string(i)));
  }
  return ended;
}

}  // namespace anatomynet::test
