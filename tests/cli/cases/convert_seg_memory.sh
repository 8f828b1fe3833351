# needs: io address-space
# A segmentation of 104 structures is decoded one structure at a time: their masks would take 1.3 GB at once.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
must phantom --seed 3 --size 48x512x512 --spacing 5x1x1 -o p --dicom
must convert p/labels.nii.gz --ct p/dicom --dicom seg -o seg.dcm
python3 - <<'PY' || fail "the case could not prepare its segmentation"
import copy, numpy as np, pydicom

d = pydicom.dcmread("seg.dcm")
one, at = d.SegmentSequence[0], d.PerFrameFunctionalGroupsSequence[0]
x, y, z = (float(v) for v in pydicom.dcmread("p/dicom/CT0001.dcm").ImagePositionPatient)
segments, frames, bits = [], [], []
for n in range(1, 105):
    s = copy.deepcopy(one)
    s.SegmentNumber, s.SegmentLabel = n, "structure %d" % n
    segments.append(s)
    for k in (n % 48, (n + 11) % 48):
        f = copy.deepcopy(at)
        f.SegmentIdentificationSequence[0].ReferencedSegmentNumber = n
        f.PlanePositionSequence[0].ImagePositionPatient = [x, y, round(z + 5 * k, 4)]
        frames.append(f)
        mask = np.zeros((512, 512), np.uint8)
        mask[n : n + 10, 100 : 100 + n] = 1
        bits.append(np.packbits(mask.ravel(), bitorder="little").tobytes())
d.SegmentSequence, d.PerFrameFunctionalGroupsSequence = pydicom.Sequence(segments), pydicom.Sequence(frames)
d.NumberOfFrames, d.PixelData = len(frames), b"".join(bits)
d.save_as("many.dcm")
PY
ulimit -v 900000
run convert many.dcm -o out
expect_status 0
python3 - <<'PY' || fail "a structure's volume is not that of its two frames"
import csv

rows = list(csv.DictReader(open("out/rois.csv")))
assert len(rows) == 104, len(rows)
for n, row in enumerate(rows, 1):
    assert row["name"] == "structure %d" % n and row["slices"] == "2", row
    assert abs(float(row["ml"]) - 2 * 10 * n * 5 / 1000) < 1e-3, row
PY
