#include "service/accounts/sign_in_limits.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::service {
namespace {

constexpr int borne_of_name = 5, borne_of_address = 20;
constexpr double longest_of_name_s = 60, longest_of_address_s = 900, forgotten_s = 3600;
constexpr std::size_t most_kept = 10000, longest_key = 64;

std::string key_of_name(const std::string& name) { return "name " + name.substr(0, longest_key); }
std::string key_of_address(const std::string& address) { return "address " + address; }

}  // namespace

bool SignInLimits::is_paused(const std::string& name, const std::string& address, double now) const {
  for (const std::string& key : {key_of_name(name), key_of_address(address)})
    if (const auto found = failures_.find(key); found != failures_.end() && now < found->second.until)
      return true;
  return false;
}

void SignInLimits::failed(const std::string& name, const std::string& address, double now) {
  note(key_of_name(name), borne_of_name, longest_of_name_s, now);
  note(key_of_address(address), borne_of_address, longest_of_address_s, now);
}

void SignInLimits::succeeded(const std::string& name, const std::string& address) {
  failures_.erase(key_of_name(name));
  failures_.erase(key_of_address(address));
}

void SignInLimits::note(const std::string& key, int borne, double longest_s, double now) {
  if (failures_.size() >= most_kept && !failures_.contains(key)) {
    std::erase_if(failures_, [&](const auto& one) { return now >= one.second.until; });
    if (failures_.size() >= most_kept)
      failures_.erase(std::min_element(failures_.begin(), failures_.end(), [](const auto& a, const auto& b) {
        return a.second.until < b.second.until;
      }));
  }
  Failures& failures = failures_[key];
  if (now - failures.last > forgotten_s) failures.count = 0;
  failures.last = now;
  if (++failures.count >= borne)
    failures.until = now + std::min(longest_s, std::pow(2.0, std::min(failures.count - borne, 30)));
}

}  // namespace anatomynet::service
