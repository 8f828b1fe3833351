#include "io/dicom/internal/dicom_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include <dcmtk/dcmdata/dcistrmf.h>

#include "core/error.h"
#include "io/dicom/internal/dicom_item.h"

namespace anatomynet::io {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::input, file.string() + ": " + why);
}

// Pipes and devices may never end.
void require_regular(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_regular_file(status)) return;
  if (!fs::exists(status))
    fail(file, error && error != std::errc::no_such_file_or_directory ? "cannot read: " + error.message()
                                                                      : "no such file");
  fail(file, fs::is_directory(status) ? "a folder, not a file" : "neither a file nor a folder");
}

std::uintptr_t stack_position() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

// DCMTK calls itself for every level of sequences, and reads from the stream at each: so the stream sees how
// much stack is taken, whatever the encoding, and ends the parsing as a file's end does.
class ShallowStream : public DcmInputFileStream {
 public:
  explicit ShallowStream(const fs::path& file) : DcmInputFileStream(file.c_str()) {}

  bool too_deep() const { return too_deep_; }

  OFBool good() const override { return too_deep_ ? OFFalse : DcmInputFileStream::good(); }
  OFCondition status() const override { return too_deep_ ? EC_CorruptedData : DcmInputFileStream::status(); }
  offile_off_t avail() override {
    const std::uintptr_t now = stack_position();
    const std::uintptr_t taken = now < start_ ? start_ - now : now - start_;
    too_deep_ = too_deep_ || taken > most_stack;
    return too_deep_ ? 0 : DcmInputFileStream::avail();
  }

 private:
  static constexpr std::uintptr_t most_stack = 256 << 10;
  const std::uintptr_t start_ = stack_position();
  bool too_deep_ = false;
};

// Some programs pad files with zeros, which are no element where they are fewer than one's head.
bool only_padding_left(DcmDataset& data, ShallowStream& stream) {
  DcmElement* const last = data.card() > 0 ? data.getElement(data.card() - 1) : nullptr;
  if (!last || last->transferState() != ERW_ready) return false;
  std::array<char, 8> rest{};
  const offile_off_t left = stream.avail();
  return left > 0 && left < static_cast<offile_off_t>(rest.size()) &&
         stream.read(rest.data(), left) == left &&
         std::all_of(rest.begin(), rest.end(), [](char c) { return c == 0; });
}

// Values that the file cannot hold go: DCMTK would take memory of their stated length, up to 4 GB, when one
// of them is asked for.
void drop_longer_values(DcmObject& container, std::uint64_t most) {
  std::vector<DcmObject*> longer;
  for (DcmObject* at = container.nextInContainer(nullptr); at; at = container.nextInContainer(at)) {
    if (!at->isLeaf())
      drop_longer_values(*at, most);
    else if (at->getLengthField() != DCM_UndefinedLength && at->getLengthField() > most)
      longer.push_back(at);
  }
  auto* item = dynamic_cast<DcmItem*>(&container);
  for (DcmObject* at : longer)
    if (item) delete item->remove(at);
}

std::uint64_t longest_value(const fs::path& file, const DcmDataset& data) {
  constexpr std::uint64_t most_deflated = 1032;  // bytes that deflate makes of one (RFC 1951)
  return fs::file_size(file) *
         (data.getOriginalXfer() == EXS_DeflatedLittleEndianExplicit ? most_deflated : 1);
}

}  // namespace

Signature signature_of(const fs::path& file) {
  require_regular(file);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!in) fail(file, std::string("cannot open: ") + std::strerror(errno));
  std::setvbuf(in.get(), nullptr, _IONBF, 0);
  std::array<unsigned char, 132> start{};
  const std::size_t n = std::fread(start.data(), 1, start.size(), in.get());
  if (std::ferror(in.get())) fail(file, std::string("cannot read: ") + std::strerror(errno));
  if (n == start.size() && std::memcmp(start.data() + 128, "DICM", 4) == 0) return Signature::part10;
  if (std::all_of(start.begin(), start.end(), [](unsigned char c) { return c == 0; }))
    return Signature::blank;
  const bool little = (start[0] == 8 || start[0] == 2) && start[1] == 0 && start[3] == 0;
  const bool big = start[0] == 0 && start[1] == 8 && start[2] == 0;
  return n >= 16 && (little || big) ? Signature::bare : Signature::other;
}

OFCondition load_file(const fs::path& file, DcmFileFormat& format, const DcmTagKey& until,
                      Uint32 longest_kept, offile_off_t* parsed) {
  initialise();
  require_regular(file);
  ShallowStream stream(file);
  OFCondition status = stream.status();
  if (status.good()) status = format.clear();
  if (status.good()) {
    format.transferInit();
    status = format.readUntilTag(stream, EXS_Unknown, EGL_noChange, longest_kept, until);
    if (status == EC_StreamNotifyClient && only_padding_left(*format.getDataset(), stream))
      status = EC_Normal;
    format.transferEnd();
    const std::uint64_t most = longest_value(file, *format.getDataset());
    drop_longer_values(*format.getMetaInfo(), most);
    drop_longer_values(*format.getDataset(), most);
  }
  if (parsed) *parsed = stream.tell();
  if (stream.too_deep())
    fail(file, "damaged: its sequences nest deeper than any DICOM object's; copy or export it again");
  return status;
}

std::string sop_class_of(DcmFileFormat& format) {
  std::string sop_class = text(*format.getDataset(), DCM_SOPClassUID);
  return sop_class.empty() ? text(*format.getMetaInfo(), DCM_MediaStorageSOPClassUID) : sop_class;
}

}  // namespace anatomynet::io
