#include "io/image/internal/byte_source.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <zlib.h>

#include "core/error.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

// The file in pieces.
class Pieces {
 public:
  Pieces(const InputFile& file, std::uint64_t offset) : file_(file), at_(offset) {}
  std::size_t read(std::span<char> to) {
    const std::size_t n = file_.read_at(at_, to);
    at_ += n;
    return n;
  }
  std::uint64_t left() const { return file_.size() > at_ ? file_.size() - at_ : 0; }
  // For what is left, at most 256 KB.
  std::size_t buffer_size() const { return std::clamp<std::uint64_t>(left(), 1, 1 << 18); }

 private:
  const InputFile& file_;
  std::uint64_t at_;
};

class RawSource : public ByteSource {
 public:
  RawSource(const InputFile& file, std::uint64_t offset) : in_(file, offset) {}
  std::size_t read(std::span<char> to) override { return in_.read(to); }

 private:
  Pieces in_;
};

// zlib compares the checksum, and gzip's length, where a stream ends.
class InflateSource : public ByteSource {
 public:
  InflateSource(const InputFile& file, fs::path path, std::uint64_t offset, bool gzip)
      : in_(file, offset), path_(std::move(path)), gzip_(gzip), buffer_(in_.buffer_size()) {
    if (inflateInit2(&stream_, gzip ? 15 + 16 : 15) != Z_OK)
      throw Error(ErrorKind::memory, path_.string() + ": not enough memory to decompress");
  }
  ~InflateSource() override { inflateEnd(&stream_); }
  InflateSource(const InflateSource&) = delete;
  InflateSource& operator=(const InflateSource&) = delete;

  std::size_t read(std::span<char> to) override {
    std::size_t done = 0;
    while (done < to.size() && !ended_) {
      if (stream_.avail_in == 0) refill();
      stream_.next_out = reinterpret_cast<Bytef*>(to.data() + done);
      const auto room = static_cast<uInt>(std::min<std::size_t>(to.size() - done, 1 << 30));
      stream_.avail_out = room;
      const bool at_end = stream_.avail_in == 0;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (status == Z_STREAM_END)
        end_of_stream();
      else if (status == Z_BUF_ERROR || (status == Z_OK && at_end && room == stream_.avail_out))
        fail(path_, "truncated, damaged or no image: its compressed data ends too early; copy it again");
      else if (status == Z_MEM_ERROR)
        throw Error(ErrorKind::memory, path_.string() + ": not enough memory to decompress");
      else if (status != Z_OK)
        damaged(status);
    }
    return done;
  }

 private:
  void refill() {
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(in_.read(buffer_));
  }
  [[noreturn]] void damaged(int status) {
    fail(path_, std::string("truncated, damaged or no image: its compressed data is invalid (") +
                    (status == Z_NEED_DICT    ? "preset dictionary"
                     : stream_.msg != nullptr ? stream_.msg
                                              : "zlib") +
                    "); copy it again");
  }
  // gzip files may be several members one behind the other; nothing else may follow.
  void end_of_stream() {
    if (stream_.avail_in == 0) refill();
    if (stream_.avail_in == 0) {
      ended_ = true;
      return;
    }
    if (gzip_ && stream_.next_in[0] == 0x1f) {
      inflateReset(&stream_);
      return;
    }
    fail(path_, "damaged: " + std::to_string(stream_.avail_in + in_.left()) +
                    " bytes follow the compressed data; copy it again");
  }

  Pieces in_;
  fs::path path_;
  bool gzip_, ended_ = false;
  std::vector<char> buffer_;
  z_stream stream_{};
};

// Words between white space.
class Words {
 public:
  Words(const InputFile& file, std::uint64_t offset) : in_(file, offset), buffer_(in_.buffer_size()) {}
  // The next word, cut after 100 characters; empty at the end.
  std::string_view next() {
    word_.clear();
    for (;;) {
      if (at_ == end_) {
        at_ = 0;
        end_ = in_.read(buffer_);
        if (end_ == 0) return word_;
      }
      const char c = buffer_[at_++];
      const bool space = c == ' ' || c == ',' || (c >= '\t' && c <= '\r');
      if (!space && word_.size() < 100) word_ += c;
      if (space && !word_.empty()) return word_;
    }
  }

 private:
  Pieces in_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::string word_;
};

template <class T>
class TextSource : public ByteSource {
 public:
  TextSource(const InputFile& file, fs::path path, std::uint64_t offset)
      : words_(file, offset), path_(std::move(path)) {}
  std::size_t read(std::span<char> to) override {
    std::size_t done = 0;
    for (; done + sizeof(T) <= to.size(); done += sizeof(T)) {
      const std::string_view word = words_.next();
      if (word.empty()) break;
      const T value = number(word);
      std::memcpy(to.data() + done, &value, sizeof value);
    }
    return done;
  }

 private:
  T number(std::string_view word) const {
    const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
    T value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
      fail(path_, "damaged: a voxel's value '" + std::string(word.substr(0, 40)) +
                      "' is no number of the voxels' type");
    return value;
  }
  Words words_;
  fs::path path_;
};

class HexSource : public ByteSource {
 public:
  HexSource(const InputFile& file, fs::path path, std::uint64_t offset)
      : in_(file, offset), path_(std::move(path)), buffer_(1 << 16) {}
  std::size_t read(std::span<char> to) override {
    std::size_t done = 0;
    for (; done < to.size(); ++done) {
      const int high = digit(), low = high < 0 ? -1 : digit();
      if (low < 0) break;
      to[done] = static_cast<char>(high * 16 + low);
    }
    return done;
  }

 private:
  int digit() {
    for (;;) {
      if (at_ == end_) {
        at_ = 0;
        end_ = in_.read(buffer_);
        if (end_ == 0) return -1;
      }
      const char c = buffer_[at_++];
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      if (c >= 'A' && c <= 'F') return c - 'A' + 10;
      if (c != ' ' && !(c >= '\t' && c <= '\r')) fail(path_, "damaged: its hex data holds something else");
    }
  }
  Pieces in_;
  fs::path path_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, end_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const InputFile& file, const fs::path& path, Packing packing,
                                        std::uint64_t offset, VoxelType type) {
  switch (packing) {
    case Packing::raw:
      return std::make_unique<RawSource>(file, offset);
    case Packing::gzip:
    case Packing::zlib:
      return std::make_unique<InflateSource>(file, path, offset, packing == Packing::gzip);
    case Packing::hex:
      return std::make_unique<HexSource>(file, path, offset);
    case Packing::text:
      break;
  }
  return with_type(type, [&]<class T>(T) -> std::unique_ptr<ByteSource> {
    return std::make_unique<TextSource<T>>(file, path, offset);
  });
}

bool is_gzip(const InputFile& file) {
  std::array<char, 2> magic{};
  return file.read_at(0, magic) == 2 && magic[0] == '\x1f' && magic[1] == '\x8b';
}

std::uint64_t most_unpacked(std::uint64_t packed, Packing packing, VoxelType type) {
  switch (packing) {
    case Packing::raw:
      return packed;
    case Packing::gzip:
    case Packing::zlib:
      return 1032 * std::min(packed, std::uint64_t(1) << 50);  // deflate's limit: 258 bytes from two bits
    case Packing::hex:
      return packed / 2;
    case Packing::text:
      break;
  }
  return (packed + 1) / 2 * bytes_of(type);  // a digit and a space each
}

}  // namespace anatomynet::io
