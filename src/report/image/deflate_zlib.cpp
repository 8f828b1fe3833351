#include <vector>

#include <zlib.h>

#include "core/error.h"
#include "report/image/deflate.h"

namespace anatomynet::report {

std::string deflated(std::span<const std::uint8_t> bytes) {
  constexpr int level = 3;  // a CT's slice comes out a twentieth larger than at 6, in a third of the time
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::vector<char> packed(size);
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, bytes.data(),
                static_cast<uLong>(bytes.size()), level) != Z_OK)
    throw Error(ErrorKind::memory, "PNG: no memory to compress a picture; free some");
  return {packed.data(), size};
}

}  // namespace anatomynet::report
