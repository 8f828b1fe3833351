# needs: io
# SEG in every transfer syntax that holds single bits, and deflated CT, RTSTRUCT and SEG: read as uncompressed; what
# cannot be decoded is said in one line.
make_patient p
must convert --ct p/dicom p/labels.nii.gz -o seg.dcm --dicom seg
must convert --ct p/dicom p/labels.nii.gz -o rt.dcm
python3 - "${program%/*}/encode_jpeg2000" <<'PY' || fail "the case could not prepare its files"
import glob, os, sys, zlib
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixel_data_handlers.rle_handler import rle_encode_frame

pydicom.uid.UID.is_transfer_syntax = property(lambda self: True)  # also those that this pydicom does not know


def save(d, syntax, to):
    d.file_meta.TransferSyntaxUID = syntax
    d.is_implicit_VR, d.is_little_endian = False, True
    d.save_as(to)


os.mkdir("deflated")
for file in glob.glob("p/dicom/*.dcm"):
    save(pydicom.dcmread(file), pydicom.uid.DeflatedExplicitVRLittleEndian, "deflated/" + os.path.basename(file))
for name in ("seg", "rt"):
    save(pydicom.dcmread(name + ".dcm"), pydicom.uid.DeflatedExplicitVRLittleEndian, "deflated_" + name + ".dcm")


def compressed(to, syntax, encode, bits=1):
    d = pydicom.dcmread("seg.dcm")
    frames = [encode(frame.astype(np.uint8)) for frame in d.pixel_array]
    d.BitsAllocated = d.BitsStored = bits
    d.HighBit = bits - 1
    d.PixelData = encapsulate([f + b"\0" * (len(f) % 2) for f in frames])
    d["PixelData"].VR = "OB"
    d["PixelData"].is_undefined_length = True
    save(d, syntax, to)


def packed(frame):
    return np.packbits(frame.reshape(-1), bitorder="little")


def deflate(frame):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(packed(frame).tobytes()) + c.flush()


rle = pydicom.uid.RLELossless
compressed("rle_bits.dcm", rle, lambda f: rle_encode_frame(packed(f).reshape(1, -1)))
compressed("rle_bytes_called_bits.dcm", rle, rle_encode_frame)
compressed("rle_bytes.dcm", rle, rle_encode_frame, 8)
compressed("deflated_frames.dcm", "1.2.840.10008.1.2.8.1", deflate)
compressed("htj2k.dcm", "1.2.840.10008.1.2.4.201", deflate)
compressed("jpeg_ls.dcm", pydicom.uid.JPEGLSLossless, deflate)
PY
must convert seg.dcm -o expected
for name in deflated_seg rle_bits rle_bytes_called_bits rle_bytes; do
  must convert $name.dcm -o "from_$name"
  diff -r expected "from_$name" >&2 || fail "$name.dcm is read otherwise than uncompressed"
done
must convert --ct p/dicom rt.dcm -o plain
must convert --ct deflated deflated_rt.dcm -o from_deflated
diff -r plain from_deflated >&2 || fail "deflated CT and RTSTRUCT are read otherwise than uncompressed"
mkdir tree
cp -r deflated deflated_rt.dcm tree
must curate --kind tcia tree -o set --no-pictures
for name in deflated_frames=1.2.840.10008.1.2.8.1 htj2k=1.2.840.10008.1.2.4.201 jpeg_ls=JPEG-LS; do
  run convert "${name%=*}.dcm" -o none
  expect_refused 3 "${name%=*}.dcm" "${name#*=}" "decompress"
done
truncate -s 3000 rle_bits.dcm
run convert rle_bits.dcm -o none
expect_refused 3 "rle_bits.dcm"
true
