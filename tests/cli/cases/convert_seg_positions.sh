# needs: io
# Segmentations as other writers make them: the distance of slices from positions, positions rounded, a byte a pixel.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
make_patient p
must convert --ct p/dicom p/labels.nii.gz -o seg.dcm --dicom seg
must convert --ct p/dicom seg.dcm -o truth
python3 - <<'PY' || fail "the case could not prepare its segmentations"
import numpy as np
import pydicom


def save(name, change):
    d = pydicom.dcmread("seg.dcm")
    change(d, d.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0])
    d.save_as(name)


def thin(d, measures):
    del measures.SpacingBetweenSlices
    measures.SliceThickness = 2  # a third of the distance


def rounded(d, measures):
    for i, frame in enumerate(d.PerFrameFunctionalGroupsSequence):
        place = frame.PlanePositionSequence[0]
        noise = 0.05 * (-1) ** i
        place.ImagePositionPatient = ["%.2f" % (float(v) + noise) for v in place.ImagePositionPatient]


def in_bytes(d, measures):
    count = int(d.NumberOfFrames) * d.Rows * d.Columns
    pixels = np.unpackbits(np.frombuffer(d.PixelData, "u1"), bitorder="little")[:count]
    d.BitsAllocated, d.BitsStored, d.HighBit = 8, 8, 7
    d.PixelData = pixels.tobytes() + b"\0" * (count % 2)


def several_values(d, measures):
    in_bytes(d, measures)
    pixels = bytearray(d.PixelData)
    pixels[pixels.index(1)] = 3
    d.PixelData = bytes(pixels)


def beside(d, measures):
    for frame in d.PerFrameFunctionalGroupsSequence:
        place = frame.PlanePositionSequence[0]
        place.ImagePositionPatient = [float(place.ImagePositionPatient[0]) + 1.7] + place.ImagePositionPatient[1:]


def far(d, measures):
    d.PerFrameFunctionalGroupsSequence[-1].PlanePositionSequence[0].ImagePositionPatient[2] = 18000000000


def large(d, measures):
    d.Rows = d.Columns = 20000


for change in thin, rounded, in_bytes, several_values, beside, far, large:
    save(change.__name__ + ".dcm", change)
PY
for kind in thin rounded in_bytes; do
  for with in "" "--ct p/dicom"; do
    # shellcheck disable=SC2086  # two words or none
    run convert $with $kind.dcm -o "out-$kind${with:+-ct}"
    expect_status 0
    python3 - truth "out-$kind${with:+-ct}" <<'PY' || fail "$kind $with: volumes differ from the label map's"
import csv
import sys

truth, out = ({r["name"]: float(r["ml"]) for r in csv.DictReader(open(d + "/rois.csv"))} for d in sys.argv[1:])
assert truth.keys() == out.keys() and truth, (truth, out)
for name, ml in truth.items():
    assert abs(out[name] - ml) <= 0.001 * ml, (name, ml, out[name])
PY
  done
  run evaluate "out-$kind-ct" --truth p/labels.nii.gz
  expect_status 0
  expect_output "mean of organs           1.000"
done
run convert several_values.dcm -o out
expect_refused 3 "several_values.dcm" "holds the values" "BINARY"
run convert --ct p/dicom beside.dcm -o out
expect_refused 3 "beside.dcm" "do not lie on the CT's slices" "1.7 mm off"
# What a small file says must not take memory: a tenth of what these say.
[[ -n ${ANATOMYNET_SANITIZED:-} ]] || ulimit -v 900000
run convert far.dcm -o out
expect_refused 3 "far.dcm" "m apart"
run convert --ct p/dicom far.dcm -o out
expect_refused 3 "far.dcm" "m apart"
run convert large.dcm -o out
expect_refused 3 "large.dcm" "truncated"
