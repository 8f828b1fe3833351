#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace anatomynet::test {

/// Compressed bytes.
using Code = std::vector<std::uint8_t>;

/// A lossless JPEG 2000 code stream of columns x rows values in `bits` bits, by OpenJPEG. `block` is the edge
/// of code blocks, `precinct` that of precincts (0: one a resolution), `tile` that of tiles (0: one).
struct Jpeg2000Options {
  int bits = 16;
  bool is_signed = false;
  int block = 64, precinct = 0, tile = 0;
};
Code encode_jpeg2000(const std::vector<std::int32_t>& values, int columns, int rows,
                     const Jpeg2000Options& options = {});

/// One RLE frame (PS3.5 Annex G) of values of 8 or 16 bits, in literal runs.
Code encode_rle(const std::vector<std::int32_t>& values, int bits);

/// Puts fragments in place of a data set's pixels, with a Basic Offset Table; save it in that syntax.
void put_fragments(DcmDataset& data, E_TransferSyntax syntax, const std::vector<Code>& fragments,
                   const std::vector<std::uint32_t>& offsets = {});

/// The fragments that a file's pixels consist of, its offset table left out.
std::vector<Code> fragments_of(DcmDataset& data);

/// Writes a file's data set with fragments in place of its pixels.
void refile(const std::string& file, E_TransferSyntax syntax, const std::vector<Code>& fragments,
            const std::vector<std::uint32_t>& offsets = {});

}  // namespace anatomynet::test
