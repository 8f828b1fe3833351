#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_file.h"

// Headers that are lines of text (NRRD, MetaImage). Internal to the io module.
namespace anatomynet::io {

/// Lines from the start of a file; one in memory at a time, and none longer or further in than a header is.
class HeaderLines {
 public:
  /// The file must outlive the lines.
  HeaderLines(const InputFile& file, std::filesystem::path path) : file_(file), path_(std::move(path)) {}
  /// Without the line's end (\n or \r\n); nothing at the end of the file. Throws Error(input) for what is
  /// longer than any header.
  std::optional<std::string> next();
  /// Bytes of the file up to the last line's end.
  std::uint64_t offset() const { return offset_; }

 private:
  const InputFile& file_;
  std::filesystem::path path_;
  std::uint64_t offset_ = 0, buffered_from_ = 0;
  std::string buffer_;
};

std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);
std::vector<std::string_view> words_of(std::string_view text);
std::vector<std::string_view> words_of(std::string&&) = delete;  // the words would outlive their text

/// The whole text as a number; nothing where it is none.
std::optional<double> real(std::string_view text);
std::optional<std::int64_t> integer_of(std::string_view text);

/// Exactly `count` numbers between white space. Throws Error(input) naming the field.
std::vector<double> reals(const std::filesystem::path& path, const std::string& field, std::string_view text,
                          std::size_t count);
std::vector<std::int64_t> wholes(const std::filesystem::path& path, const std::string& field,
                                 std::string_view text, std::size_t count);

/// The shortest text that reads back as the same number.
std::string shortest(double value);

/// A value from a file as it may stand in a message: short and without control characters.
std::string shown(std::string_view text);

}  // namespace anatomynet::io
