#include "io/dicom/internal/rtstruct_memory.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "core/error.h"
#include "core/memory.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t block = 1 << 18;
// Below these a file is read without asking: 64 MiB hold at most 8 million empty items, a deflated one a
// thousand times its size.
constexpr std::uintmax_t small_file = 64 << 20, small_deflated = 1 << 16;
constexpr std::string_view deflated_syntax = "1.2.840.10008.1.2.1.99";

// Item tags (FFFE,E000) in either byte order, also across blocks.
class ItemCounter {
 public:
  void add(const unsigned char* data, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      last_ = last_ << 8 | data[i];
      items_ += last_ == 0xFEFF00E0U || last_ == 0xFFFEE000U;
    }
  }
  std::int64_t items() const { return items_; }

 private:
  std::uint32_t last_ = 0;
  std::int64_t items_ = 0;
};

struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, -MAX_WBITS) == Z_OK;
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

// The file's own header: preamble, "DICM", group length, then so many bytes. 0 where there is none.
std::size_t header_end(std::string_view start) {
  constexpr std::size_t length_at = 140, header_at = 144;
  if (start.size() < header_at || start.substr(128, 4) != "DICM") return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length |= std::size_t(static_cast<unsigned char>(start[length_at + i])) << (8 * i);
  return header_at + length;
}

void count_deflated(std::ifstream& in, std::int64_t limit, ItemLoad& load) {
  Inflater inflater;
  std::vector<unsigned char> input(block), output(block);
  ItemCounter counter;
  int status = inflater.ready ? Z_OK : Z_MEM_ERROR;
  while (status == Z_OK && load.bytes() <= limit) {
    in.read(reinterpret_cast<char*>(input.data()), static_cast<std::streamsize>(block));
    inflater.stream.next_in = input.data();
    inflater.stream.avail_in = static_cast<uInt>(in.gcount());
    if (inflater.stream.avail_in == 0) break;
    while (status == Z_OK && load.bytes() <= limit) {
      inflater.stream.next_out = output.data();
      inflater.stream.avail_out = static_cast<uInt>(block);
      status = inflate(&inflater.stream, Z_NO_FLUSH);
      const std::size_t n = block - inflater.stream.avail_out;
      counter.add(output.data(), n);
      load.inflated += static_cast<std::int64_t>(n);
      load.items = counter.items();
      if (n < block) break;
    }
    if (status == Z_BUF_ERROR) status = Z_OK;  // more input is wanted
  }
}

// `plain`: also of a file that is not deflated.
ItemLoad count(const fs::path& file, std::int64_t limit, bool plain) {
  ItemLoad load;
  std::ifstream in(file, std::ios::binary);
  std::vector<char> data(block);
  in.read(data.data(), static_cast<std::streamsize>(block));
  const std::string_view start(data.data(), static_cast<std::size_t>(in.gcount()));
  const std::size_t end = std::min(header_end(start), start.size());
  if (start.substr(0, end).find(deflated_syntax) != std::string_view::npos) {
    in.clear();
    in.seekg(static_cast<std::streamoff>(end));
    count_deflated(in, limit, load);
    return load;
  }
  if (!plain) return load;
  ItemCounter counter;
  for (std::streamsize n = in.gcount(); n > 0; n = in.gcount()) {
    counter.add(reinterpret_cast<const unsigned char*>(data.data()), static_cast<std::size_t>(n));
    in.read(data.data(), static_cast<std::streamsize>(block));
  }
  load.items = counter.items();
  return load;
}

}  // namespace

ItemLoad item_load(const fs::path& file) { return count(file, INT64_MAX, true); }

void require_memory_for_items(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || size < small_deflated) return;
  const std::int64_t available = available_memory();
  if (available <= 0) return;
  const ItemLoad load = count(file, available / 2, size >= small_file);
  if (load.bytes() <= available / 2) return;
  throw Error(ErrorKind::memory, file.string() + ": its " + std::to_string(load.items) +
                                     " items need about " + std::to_string(load.bytes() >> 20) + " MB, " +
                                     std::to_string(available >> 20) +
                                     " MB are available; a structure set of a " +
                                     "patient has some ten thousand, so it may be damaged");
}

}  // namespace anatomynet::io
