#include "io/image/internal/voxel_data.h"

#include "io/image/internal/byte_source.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t piece_bytes = 1 << 20;

void swap_bytes(std::span<char> bytes, std::size_t width) {
  for (std::size_t i = 0; i + width <= bytes.size(); i += width)
    std::reverse(bytes.begin() + std::ptrdiff_t(i), bytes.begin() + std::ptrdiff_t(i + width));
}

}  // namespace

struct VoxelStream::Parts {
  Parts(const fs::path& named, const Header& h)
      : path(named),
        file(open_data(named, h)),
        source(open_source(file, h.data_file, h.packing, h.offset, h.type)),
        packing(h.packing),
        width(bytes_of(h.type)),
        swapped(h.swapped && width > 1),
        before(h.offset + h.skip) {}

  fs::path path;
  InputFile file;
  std::unique_ptr<ByteSource> source;
  Packing packing;
  std::size_t width;
  bool swapped;
  std::uint64_t before;  // bytes that do not belong to voxels
  std::uint64_t total = 0, left = 0;
  std::vector<char> buffer;
};

VoxelStream::VoxelStream(const fs::path& path, const Header& header)
    : parts_(std::make_unique<Parts>(path, header)),
      count_(static_cast<std::size_t>(header.grid.voxel_count())) {
  Parts& p = *parts_;
  p.total = p.left = count_ * p.width;
  const std::uint64_t packed = p.file.size() - std::min(p.file.size(), header.offset);
  if (const std::uint64_t most = most_unpacked(packed, p.packing, header.type); p.total + header.skip > most)
    fail(path, "truncated, damaged or no image: " + std::to_string(p.file.size()) +
                   " bytes can be read, expected " +
                   (p.packing == Packing::raw ? std::to_string(p.before + p.total)
                                              : std::to_string(p.total) + " of voxels, packed") +
                   "; copy it again");
  p.buffer.resize(std::min<std::size_t>(piece_bytes, std::max(p.total, header.skip)));
  for (std::uint64_t skip = header.skip; skip > 0;) {
    const std::size_t n =
        p.source->read(std::span(p.buffer).first(std::min<std::size_t>(skip, p.buffer.size())));
    if (n == 0) fail(path, "truncated, damaged or no image: it ends before the first voxel; copy it again");
    skip -= n;
  }
}

VoxelStream::~VoxelStream() = default;

std::span<const char> VoxelStream::next() {
  Parts& p = *parts_;
  if (p.left == 0) return {};
  const auto piece = std::span(p.buffer).first(std::min<std::size_t>(p.left, p.buffer.size()));
  const std::size_t n = p.source->read(piece);
  p.left -= n;
  if (n < piece.size())
    fail(p.path, "truncated, damaged or no image: " + std::to_string(p.before + p.total - p.left) +
                     " bytes can be read, expected " + std::to_string(p.before + p.total) +
                     "; copy it again");
  if (p.swapped) swap_bytes(piece, p.width);
  if (p.left == 0) check_end();
  return piece;
}

// A compressed stream is read to its end, where its checksum stands; one that goes on was damaged.
void VoxelStream::check_end() {
  Parts& p = *parts_;
  if (p.packing == Packing::raw) {
    if (const std::uint64_t end = p.before + p.total; p.file.size() > end)
      warnings_.push_back({"trailing-bytes", std::to_string(p.file.size() - end) +
                                                 " bytes after the last voxel were left aside"});
    return;
  }
  std::vector<char> more(p.width);
  if (p.source->read(more) > 0) fail(p.path, "damaged: more voxels than the header promises; copy it again");
}

}  // namespace anatomynet::io
