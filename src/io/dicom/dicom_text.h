#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

class DcmSpecificCharacterSet;

// Text of any character set as UTF-8. Internal to the io module.
namespace anatomynet::io {

/// Converts text of a Specific Character Set (0008,0005; PS3.3 C.12.1.1.2) to UTF-8, code extensions (ISO
/// 2022) included. Text that does not fit its declared set, or whose set is unknown or not declared, is taken
/// as UTF-8 where it is valid UTF-8 and as Latin-1 otherwise, and that is noted. Never throws for any bytes.
class TextDecoder {
 public:
  /// `character_set` as stored, values parted by backslashes; empty: ASCII.
  explicit TextDecoder(const std::string& character_set);
  ~TextDecoder();
  TextDecoder(TextDecoder&&) noexcept;
  TextDecoder& operator=(TextDecoder&&) noexcept;

  std::string operator()(const std::string& raw);
  /// One line a kind of doubt so far.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void warn(const std::string& text);
  std::string declared_;
  std::unique_ptr<DcmSpecificCharacterSet> set_;  ///< none where it is unknown
  std::vector<std::string> warnings_;
};

/// UTF-8 as text of a Specific Character Set, without code extensions; nullopt where the set cannot hold it.
std::optional<std::string> encoded_text(const std::string& utf8, const std::string& character_set);

/// Whether every byte is ASCII and none begins an escape sequence: such text means the same in every set.
bool is_plain_ascii(const std::string& text);

/// `utf8` as one value of VR LO: no control characters or backslashes, at most `length` characters.
std::string one_value(const std::string& utf8, std::size_t length = 64);

}  // namespace anatomynet::io
