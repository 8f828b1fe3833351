#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::core {

/// SHA-256 (FIPS 180-4) of bytes that come in parts, by OpenSSL's libcrypto.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  void add(std::span<const std::byte> bytes);
  /// A text with its length, so that two texts never read as one: for identities made of several fields.
  void add_field(std::string_view text);
  /// 64 lower-case hexadecimal digits; once, at the end.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a file holds.
struct FileDigest {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< empty where the file cannot be read as a whole

  bool operator==(const FileDigest&) const = default;
};

/// Size and SHA-256 of a file's contents. Does not throw.
FileDigest digest_of(const std::filesystem::path& file);

}  // namespace anatomynet::core
