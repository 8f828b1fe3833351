#include "http/secrets.h"

#include <algorithm>
#include <array>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace anatomynet::http {

std::string random_text() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Error(ErrorKind::internal, "the system gives no random numbers");
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string cookie_of(const Request& request, std::string_view name) {
  std::string value;
  int found = 0;
  for (const std::string& header : request.headers("Cookie")) {
    std::string_view rest = header;
    while (!rest.empty()) {  // "a=b; c=d"
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view one = rest.substr(0, end);
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (one.starts_with(name) && one.size() > name.size() && one[name.size()] == '=') {
        value = one.substr(name.size() + 1);
        ++found;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return found == 1 ? value : "";
}

}  // namespace anatomynet::http
