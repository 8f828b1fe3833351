#include "io/image/nifti_bytes.h"

#include <cstring>
#include <stdexcept>

#include <zlib.h>

namespace anatomynet::test {
namespace {

template <class T>
void put(std::string& to, std::size_t at, T value) {
  std::memcpy(to.data() + at, &value, sizeof value);
}

template <class T>
T get(const std::string& from, std::size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof value);
  return value;
}

std::string inflate_or_deflate(const std::string& in, bool deflating) {
  z_stream stream{};
  const int ready = deflating ? deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
                              : inflateInit2(&stream, 15 + 16);
  if (ready != Z_OK) throw std::runtime_error("zlib");
  std::string out, chunk(1 << 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = deflating ? deflate(&stream, Z_FINISH) : inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  deflating ? deflateEnd(&stream) : inflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib: bad data");
  return out;
}

}  // namespace

std::size_t NiftiBytes::count() const {
  std::size_t n = 1;
  for (const int s : size) n *= static_cast<std::size_t>(s);
  return n;
}

std::string NiftiBytes::bytes() const {
  std::string h(352, '\0');
  put<std::int32_t>(h, 0, 348);
  put<std::int16_t>(h, 40, static_cast<std::int16_t>(size.size()));
  for (std::size_t k = 0; k < 7; ++k)
    put<std::int16_t>(h, 42 + 2 * k, static_cast<std::int16_t>(k < size.size() ? size[k] : 1));
  put(h, 70, datatype);
  put(h, 72, bits);
  for (std::size_t k = 0; k < 8; ++k) put(h, 76 + 4 * k, pixdim[k]);
  put(h, 108, 352.0f);
  put(h, 112, slope);
  put(h, 116, intercept);
  h[123] = units;
  put(h, 252, qform_code);
  put(h, 254, sform_code);
  for (std::size_t k = 0; k < 3; ++k) {
    put(h, 256 + 4 * k, quaternion[k]);
    put(h, 268 + 4 * k, offset[k]);
    for (std::size_t c = 0; c < 4; ++c) put(h, 280 + 16 * k + 4 * c, srow[k][c]);
  }
  std::memcpy(h.data() + 344, "n+1", 4);
  return h + voxels;
}

NiftiBytes NiftiBytes::parse(const std::string& b) {
  if (b.size() < 352 || std::memcmp(b.data() + 344, "n+1", 4) != 0) throw std::runtime_error("no NIfTI-1");
  NiftiBytes n;
  n.size.clear();
  for (std::size_t k = 0; k < static_cast<std::size_t>(get<std::int16_t>(b, 40)); ++k)
    n.size.push_back(get<std::int16_t>(b, 42 + 2 * k));
  for (std::size_t k = 0; k < 8; ++k) n.pixdim[k] = get<float>(b, 76 + 4 * k);
  n.datatype = get<std::int16_t>(b, 70);
  n.bits = get<std::int16_t>(b, 72);
  n.qform_code = get<std::int16_t>(b, 252);
  n.sform_code = get<std::int16_t>(b, 254);
  for (std::size_t k = 0; k < 3; ++k) {
    n.quaternion[k] = get<float>(b, 256 + 4 * k);
    n.offset[k] = get<float>(b, 268 + 4 * k);
    for (std::size_t c = 0; c < 4; ++c) n.srow[k][c] = get<float>(b, 280 + 16 * k + 4 * c);
  }
  n.voxels = b.substr(static_cast<std::size_t>(get<float>(b, 108)));
  return n;
}

std::string gunzip(const std::string& bytes) { return inflate_or_deflate(bytes, false); }
std::string gzip(const std::string& bytes) { return inflate_or_deflate(bytes, true); }

}  // namespace anatomynet::test
