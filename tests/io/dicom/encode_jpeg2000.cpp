// encode_jpeg2000 IN OUT: a DICOM image in lossless JPEG 2000, by code that shares nothing with the program's
// decoder but the compression library.
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmWriter.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  gdcm::ImageReader reader;
  reader.SetFileName(argv[1]);
  if (!reader.Read()) return 1;
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
  change.SetInput(reader.GetImage());
  if (!change.Change()) return 1;
  // a plain writer: the image writer would also set the geometry anew
  gdcm::File& file = reader.GetFile();
  file.GetDataSet().Replace(change.GetOutput().GetDataElement());
  file.GetHeader().SetDataSetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
  gdcm::Writer writer;
  writer.SetFile(file);
  writer.SetFileName(argv[2]);
  return writer.Write() ? 0 : 1;
}
