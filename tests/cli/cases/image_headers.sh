# needs: io
# One header means one place, whichever command reads it; headers that lie cost one line and no memory.
make_patient p
python3 - <<'PY' || fail "the case could not prepare its label maps"
import gzip, struct

raw = bytearray(gzip.open("p/labels.nii.gz").read())

# qform: left and right exchanged against the sform, which is of code 2
for code in (1, 2, 4):
    other = bytearray(raw)
    struct.pack_into("<h", other, 252, 1)
    struct.pack_into("<h", other, 254, code)
    struct.pack_into("<3f", other, 256, 0, 1, 0)
    open("code%d.nii" % code, "wb").write(other)

floats = bytearray(raw[:352]) + b"".join(struct.pack("<f", v * 0.9999999) for v in raw[352:])
struct.pack_into("<hh", floats, 70, 16, 32)
open("floats.nii", "wb").write(floats)

import os
os.mkdir("masks")
mask = bytearray(raw)
mask[352:] = bytes(255 if v == 1 else 0 for v in raw[352:])
open("masks/Brainstem.nii", "wb").write(mask)

moved = bytearray(raw)
x = struct.unpack_from("<f", raw, 292)[0]
struct.pack_into("<f", moved, 292, x + 0.05)
struct.pack_into("<h", moved, 252, 0)
open("moved.nii", "wb").write(moved)
PY
for file in code1 code2 code4; do
  run evaluate $file.nii --truth p/labels.nii.gz --json dice.json
  expect_status 0
  grep -q 'warning: .*qform and sform differ' "$scratch/stderr" || fail "$file: expected a warning"
  grep -q '"mean_dice": 1.0' dice.json || fail "$file: left and right are exchanged"
  rm dice.json
  run convert --ct p/dicom $file.nii -o $file.dcm
  expect_status 0
done
run evaluate floats.nii --truth p/labels.nii.gz
expect_status 0
grep -q 'warning: .*rounded' "$scratch/stderr" || fail "expected a warning of rounded labels"
run evaluate masks --truth p/labels.nii.gz --organs Brainstem
expect_status 0
run convert --ct p/dicom masks -o masks.dcm
expect_status 0
run convert --ct p/dicom moved.nii -o moved.dcm
expect_refused 3 moved.nii 'differ by up to 0.05 mm'

head='ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\n'
printf "$head"'DimSize = 4294967296 4294967296 4294967296\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n' > overflow.mha
printf "$head"'DimSize = 1000 1000 3900\nElementType = MET_UCHAR\nElementDataFile = voxels.raw\n' > huge.mhd
printf "$head"'DimSize = 4 4 4\nElementType = MET_UCHAR\nElementDataFile = %%s%%n\n' > format.mhd
printf "$head"'DimSize = 4 4 4\nElementType = MET_UCHAR\nElementDataFile = /dev/zero\n' > zero.mhd
printf 'ObjectType = Image\nNDims = 999999999\nDimSize = 1\nElementDataFile = LOCAL\n' > dimensions.mha
echo > voxels.raw
for file in overflow.mha huge.mhd format.mhd zero.mhd dimensions.mha; do
  run evaluate $file --truth $file
  expect_refused 3 $file
done
