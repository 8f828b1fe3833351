#pragma once
#include <string>

#include "core/names.h"

namespace anatomynet::http {

/// The user of this machine who holds the other end of a TCP connection over loopback, by the kernel's table
/// of connections (proc(5), /proc/net/tcp). Empty where it is not there: a closed connection, or another
/// network namespace.
std::string local_user(const std::string& client_address, int client_port, const std::string& own_address,
                       int own_port);

/// The same from the table's text: the user's ID, or -1.
long long user_id_in(const std::string& table, const std::string& client_address, int client_port,
                     const std::string& own_address, int own_port);

}  // namespace anatomynet::http
