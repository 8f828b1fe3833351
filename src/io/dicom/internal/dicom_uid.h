#pragma once
#include <string>

// Internal to the io module.
namespace anatomynet::io {

/// A UID under 2.25 (PS3.5 B.2, derived from a UUID): random for an empty seed, otherwise a function of the
/// seed.
std::string make_uid(const std::string& seed = {});

/// The UID of one part of an object: make_uid of seed and role, or random without a seed.
std::string make_uid_for(const std::string& seed, const std::string& role);

/// DA and TM of the local clock, or fixed ones where the output must not depend on it.
struct Timestamp {
  std::string date, time;
};
Timestamp timestamp(bool fixed);

}  // namespace anatomynet::io
