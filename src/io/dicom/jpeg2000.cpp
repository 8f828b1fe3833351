#include "io/dicom/internal/jpeg2000.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <openjpeg.h>

#include "core/error.h"

namespace anatomynet::io {
namespace {

[[noreturn]] void fail(const char* why) {
  throw Error(ErrorKind::input, std::string("JPEG 2000 voxels ") + why + "; copy the file again");
}

// A code stream in memory, as OpenJPEG reads it.
struct Memory {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0;

  static OPJ_SIZE_T read(void* to, OPJ_SIZE_T count, void* self) {
    auto& m = *static_cast<Memory*>(self);
    count = std::min(count, m.bytes.size() - m.at);
    if (count == 0) return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(to, m.bytes.data() + m.at, count);
    m.at += count;
    return count;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T count, void* self) {
    auto& m = *static_cast<Memory*>(self);
    const auto left = static_cast<OPJ_OFF_T>(m.bytes.size() - m.at);
    const OPJ_OFF_T step = std::clamp<OPJ_OFF_T>(count, 0, left);
    m.at += static_cast<std::size_t>(step);
    return step == count ? count : -1;
  }
  static OPJ_BOOL seek(OPJ_OFF_T to, void* self) {
    auto& m = *static_cast<Memory*>(self);
    if (to < 0 || static_cast<std::size_t>(to) > m.bytes.size()) return OPJ_FALSE;
    m.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
  }
};

struct Destroy {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};
struct DestroyStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};

}  // namespace

bool have_jpeg2000() { return true; }

void decode_jpeg2000(const Jpeg2000Header& code, std::vector<std::uint16_t>& values) {
  if (code.precision > 16) fail("have more than 16 bits");
  Memory memory{code.stream};
  const std::unique_ptr<opj_stream_t, DestroyStream> stream(opj_stream_default_create(OPJ_TRUE));
  opj_stream_set_user_data(stream.get(), &memory, nullptr);
  opj_stream_set_user_data_length(stream.get(), code.stream.size());
  opj_stream_set_read_function(stream.get(), Memory::read);
  opj_stream_set_skip_function(stream.get(), Memory::skip);
  opj_stream_set_seek_function(stream.get(), Memory::seek);

  const std::unique_ptr<opj_codec_t, Destroy> codec(opj_create_decompress(OPJ_CODEC_J2K));
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!opj_setup_decoder(codec.get(), &parameters) || !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE))
    throw Error(ErrorKind::internal, "cannot set up the JPEG 2000 decoder");

  opj_image_t* header = nullptr;
  const bool started = opj_read_header(stream.get(), codec.get(), &header);
  const std::unique_ptr<opj_image_t, Destroy> image(header);
  if (!started) fail("have no readable header");
  if (image->numcomps != 1 || image->comps[0].w != code.columns || image->comps[0].h != code.rows)
    fail("have no readable header");
  if (!opj_decode(codec.get(), stream.get(), image.get()) || !opj_end_decompress(codec.get(), stream.get()) ||
      !image->comps[0].data)
    fail("cannot be decoded: truncated or damaged");
  const std::span decoded(image->comps[0].data, static_cast<std::size_t>(code.columns * code.rows));
  values.resize(decoded.size());
  std::transform(decoded.begin(), decoded.end(), values.begin(),
                 [](OPJ_INT32 v) { return static_cast<std::uint16_t>(v); });
}

}  // namespace anatomynet::io
