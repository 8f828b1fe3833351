#include "io/dicom/internal/fragments.h"

#include <algorithm>
#include <string>

#include <dcmtk/dcmdata/dcpxitem.h>

#include "core/error.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const std::string& why) { throw Error(ErrorKind::input, why); }

// Byte offsets of frames from the first fragment, as the two tables give them; empty where there is none.
std::vector<std::uint64_t> extended_table(DcmItem& data) {
  constexpr Uint16 group = 0x7fe0, element_number = 0x0001;
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DcmTagKey(group, element_number), element).bad() || !element) return {};
  std::vector<std::uint64_t> out(element->getLength() / 8);
  if (out.empty() || element->getPartialValue(out.data(), 0, static_cast<Uint32>(out.size() * 8)).bad())
    return {};
  return out;
}

std::vector<std::uint64_t> basic_table(DcmPixelItem& item) {
  std::vector<Uint8> bytes(item.getLength());
  if (bytes.empty() || item.getPartialValue(bytes.data(), 0, static_cast<Uint32>(bytes.size())).bad())
    return {};
  std::vector<std::uint64_t> out(bytes.size() / 4);
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t k = 4; k-- > 0;) out[i] = out[i] << 8 | bytes[4 * i + k];
  return out;
}

}  // namespace

Fragments::Fragments(DcmItem& data, DcmPixelSequence& sequence, std::size_t frames, Coding coding)
    : coding_(coding) {
  DcmPixelItem* table = nullptr;
  sequence.getItem(table, 0);
  for (DcmObject* item = sequence.nextInContainer(nullptr); item; item = sequence.nextInContainer(item))
    if (auto* fragment = dynamic_cast<DcmPixelItem*>(item); fragment && fragment != table)
      items_.push_back(fragment);
  if (!table || items_.empty()) fail("truncated or damaged: no compressed voxels");
  if (frames == 1) {
    starts_ = {0};
  } else if (items_.size() == frames) {
    for (std::size_t i = 0; i < frames; ++i) starts_.push_back(i);
  } else if (!starts_from_table(extended_table(data), frames) &&
             !starts_from_table(basic_table(*table), frames)) {
    starts_.clear();
    for (std::size_t i = 0; i < items_.size(); ++i)
      if (starts_frame(bytes(i), coding)) starts_.push_back(i);
    if (starts_.size() != frames || starts_.front() != 0)
      fail(std::to_string(items_.size()) + " compressed fragments for " + std::to_string(frames) +
           " frames, and no table that tells them apart; truncated, or decompress the series first, for "
           "instance with gdcmconv --raw");
  }
  starts_.push_back(items_.size());
}

bool Fragments::starts_from_table(const std::vector<std::uint64_t>& offsets, std::size_t frames) {
  if (offsets.size() != frames) return false;
  starts_.clear();
  std::uint64_t place = 0;
  constexpr std::uint64_t item_header = 8;
  for (std::size_t i = 0; i < items_.size() && starts_.size() < frames; ++i) {
    if (place == offsets[starts_.size()]) {
      if (coding_ != Coding::rle && !starts_frame(bytes(i), coding_)) return false;
      starts_.push_back(i);
    }
    place += item_header + items_[i]->getLength();
  }
  return starts_.size() == frames && starts_.front() == 0;
}

std::span<const std::uint8_t> Fragments::bytes(std::size_t fragment) const {
  Uint8* bytes = nullptr;
  DcmPixelItem& item = *items_[fragment];
  if (item.getLength() == 0) return {};
  if (item.getUint8Array(bytes).bad() || !bytes) fail("truncated or damaged: compressed voxels end early");
  return {bytes, item.getLength()};
}

// DCMTK keeps what it has read from the file.
void Fragments::release() {
  for (std::size_t i = in_memory_[0]; i < in_memory_[1]; ++i) items_[i]->compact();
}

std::span<const std::uint8_t> Fragments::frame(std::size_t index) {
  release();
  const std::size_t first = starts_.at(index), last = starts_.at(index + 1);
  in_memory_[0] = first;
  in_memory_[1] = last;
  if (last - first == 1) return bytes(first);
  joined_.clear();
  for (std::size_t i = first; i < last; ++i) {
    const auto part = bytes(i);
    joined_.insert(joined_.end(), part.begin(), part.end());
  }
  return joined_;
}

}  // namespace anatomynet::io
