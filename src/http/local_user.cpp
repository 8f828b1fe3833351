#include "http/local_user.h"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include <arpa/inet.h>
#include <pwd.h>

namespace anatomynet::http {
namespace {

// As the table writes it: the address as the kernel holds it, the port as a number.
std::string endpoint(const std::string& address, int port) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%08X:%04X", static_cast<unsigned>(parsed.s_addr),
                static_cast<unsigned>(port) & 0xFFFFU);
  return text;
}

}  // namespace

long long user_id_in(const std::string& table, const std::string& client_address, int client_port,
                     const std::string& own_address, int own_port) {
  const std::string client = endpoint(client_address, client_port), own = endpoint(own_address, own_port);
  if (client.empty() || own.empty()) return -1;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits;
    long long user = -1, timeout = 0, inode = 0;
    words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    // A socket that its process has closed is shown as root's, without inode.
    if (words && local == client && remote == own && state == "01" && inode > 0) return user;
  }
  return -1;
}

std::string local_user(const std::string& client_address, int client_port, const std::string& own_address,
                       int own_port) {
  std::ifstream file("/proc/self/net/tcp");
  std::ostringstream table;
  table << file.rdbuf();
  const long long id = user_id_in(table.str(), client_address, client_port, own_address, own_port);
  if (id < 0) return "";
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(static_cast<uid_t>(id), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return entry.pw_name;
  return "user " + std::to_string(id);
}

}  // namespace anatomynet::http
