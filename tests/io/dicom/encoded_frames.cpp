#include "io/dicom/encoded_frames.h"

#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <openjpeg.h>

namespace anatomynet::test {
namespace {

// OpenJPEG writes into this; it seeks back to fill lengths in.
struct Sink {
  Code bytes;
  std::size_t at = 0;

  static OPJ_SIZE_T write(void* from, OPJ_SIZE_T count, void* self) {
    auto& s = *static_cast<Sink*>(self);
    if (s.bytes.size() < s.at + count) s.bytes.resize(s.at + count);
    std::memcpy(s.bytes.data() + s.at, from, count);
    s.at += count;
    return count;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T count, void* self) {
    static_cast<Sink*>(self)->at += static_cast<std::size_t>(count);
    return count;
  }
  static OPJ_BOOL seek(OPJ_OFF_T to, void* self) {
    static_cast<Sink*>(self)->at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
  }
};

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

}  // namespace

Code encode_jpeg2000(const std::vector<std::int32_t>& values, int columns, int rows,
                     const Jpeg2000Options& options) {
  opj_image_cmptparm_t component{};
  component.dx = component.dy = 1;
  component.w = static_cast<OPJ_UINT32>(columns);
  component.h = static_cast<OPJ_UINT32>(rows);
  component.prec = static_cast<OPJ_UINT32>(options.bits);
  component.sgnd = options.is_signed;
  const std::unique_ptr<opj_image_t, void (*)(opj_image_t*)> image(
      opj_image_create(1, &component, OPJ_CLRSPC_GRAY), opj_image_destroy);
  image->x1 = component.w;
  image->y1 = component.h;
  std::copy(values.begin(), values.end(), image->comps[0].data);
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  parameters.numresolution = columns < 16 || rows < 16 ? 1 : 3;
  parameters.cblockw_init = parameters.cblockh_init = options.block;
  if (options.precinct > 0) {
    parameters.csty |= 1;
    parameters.res_spec = 1;
    parameters.prcw_init[0] = parameters.prch_init[0] = options.precinct;
  }
  if (options.tile > 0) {
    parameters.tile_size_on = OPJ_TRUE;
    parameters.cp_tdx = parameters.cp_tdy = options.tile;
  }
  const std::unique_ptr<opj_codec_t, void (*)(opj_codec_t*)> codec(opj_create_compress(OPJ_CODEC_J2K),
                                                                   opj_destroy_codec);
  Sink sink;
  const std::unique_ptr<opj_stream_t, void (*)(opj_stream_t*)> stream(opj_stream_default_create(OPJ_FALSE),
                                                                      opj_stream_destroy);
  opj_stream_set_user_data(stream.get(), &sink, nullptr);
  opj_stream_set_write_function(stream.get(), Sink::write);
  opj_stream_set_skip_function(stream.get(), Sink::skip);
  opj_stream_set_seek_function(stream.get(), Sink::seek);
  require(opj_setup_encoder(codec.get(), &parameters, image.get()) &&
              opj_start_compress(codec.get(), image.get(), stream.get()) &&
              opj_encode(codec.get(), stream.get()) && opj_end_compress(codec.get(), stream.get()),
          "OpenJPEG cannot encode");
  return sink.bytes;
}

Code encode_rle(const std::vector<std::int32_t>& values, int bits) {
  const auto segments = static_cast<std::size_t>(bits / 8);
  Code code(64);
  code[0] = static_cast<std::uint8_t>(segments);
  for (std::size_t s = 0; s < segments; ++s) {
    for (std::size_t k = 0; k < 4; ++k)
      code[4 + 4 * s + k] = static_cast<std::uint8_t>(code.size() >> (8 * k));
    const std::size_t shift = 8 * (segments - 1 - s);  // most significant bytes first
    for (std::size_t i = 0; i < values.size(); i += 128) {
      const std::size_t run = std::min<std::size_t>(128, values.size() - i);
      code.push_back(static_cast<std::uint8_t>(run - 1));
      for (std::size_t k = 0; k < run; ++k)
        code.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(values[i + k]) >> shift));
    }
    if (code.size() % 2 != 0) code.push_back(0);
  }
  return code;
}

void put_fragments(DcmDataset& data, E_TransferSyntax syntax, const std::vector<Code>& fragments,
                   const std::vector<std::uint32_t>& offsets) {
  auto* sequence = new DcmPixelSequence(DcmTag(DCM_PixelData, EVR_OB));
  const auto add = [&](const std::uint8_t* bytes, std::size_t count) {
    auto* item = new DcmPixelItem(DcmTag(DCM_PixelItemTag));
    if (count > 0) item->putUint8Array(bytes, static_cast<unsigned long>(count));
    sequence->insert(item);
  };
  Code table;
  for (const std::uint32_t offset : offsets)
    for (int k = 0; k < 4; ++k) table.push_back(static_cast<std::uint8_t>(offset >> (8 * k)));
  add(table.data(), table.size());
  for (Code fragment : fragments) {
    if (fragment.size() % 2 != 0) fragment.push_back(0);
    add(fragment.data(), fragment.size());
  }
  auto* pixels = new DcmPixelData(DcmTag(DCM_PixelData));
  pixels->putOriginalRepresentation(syntax, nullptr, sequence);
  require(data.insert(pixels, OFTrue).good(), "fragments cannot be put");
}

std::vector<Code> fragments_of(DcmDataset& data) {
  DcmElement* element = nullptr;
  DcmPixelSequence* sequence = nullptr;
  require(data.findAndGetElement(DCM_PixelData, element).good(), "no pixels");
  require(dynamic_cast<DcmPixelData&>(*element)
              .getEncapsulatedRepresentation(data.getOriginalXfer(), nullptr, sequence)
              .good(),
          "no fragments");
  std::vector<Code> out;
  for (unsigned long i = 1; i < sequence->card(); ++i) {
    DcmPixelItem* item = nullptr;
    Uint8* bytes = nullptr;
    sequence->getItem(item, i);
    item->getUint8Array(bytes);
    out.emplace_back(bytes, bytes + item->getLength());
  }
  return out;
}

void refile(const std::string& file, E_TransferSyntax syntax, const std::vector<Code>& fragments,
            const std::vector<std::uint32_t>& offsets) {
  DcmFileFormat format;
  require(format.loadFile(file.c_str()).good(), "cannot load");
  format.loadAllDataIntoMemory();
  put_fragments(*format.getDataset(), syntax, fragments, offsets);
  std::filesystem::remove(file);
  require(format.saveFile(file.c_str(), syntax).good(), "cannot save");
}

}  // namespace anatomynet::test
