#include "fuzz/fuzz_target.h"
#include "io/dicom/dicom_seg.h"

using namespace anatomynet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = fuzz::as_file("seg.dcm", {data, size});
  fuzz::read([&] {
    const io::DicomSegmentation segments = io::read_segmentation(file);
    for (const io::StoredSegment& one : segments.segments) segments.mask(one);
  });
  return 0;
}
