// encode_jpeg2000 IN OUT: a DICOM image in lossless JPEG 2000, by an encoder that is not the program's
// decoder.
#include <cstdio>

#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  gdcm::ImageReader reader;
  reader.SetFileName(argv[1]);
  if (!reader.Read()) return 1;
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
  change.SetInput(reader.GetImage());
  if (!change.Change()) return 1;
  gdcm::ImageWriter writer;
  writer.SetFile(reader.GetFile());
  writer.SetImage(change.GetOutput());
  writer.SetFileName(argv[2]);
  return writer.Write() ? 0 : 1;
}
