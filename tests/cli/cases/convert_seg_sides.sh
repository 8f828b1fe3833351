# needs: io
# Segments whose name, code and place do not fit each other, and empty ones, are said.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
make_patient p
must convert p/labels.nii.gz --ct p/dicom --dicom seg -o seg.dcm
python3 - <<'PY' || fail "the case could not prepare its segmentations"
import numpy as np, pydicom

d = pydicom.dcmread("seg.dcm")
label = {s.SegmentLabel: s for s in d.SegmentSequence}
label["Parotid_L"].SegmentLabel, label["Parotid_R"].SegmentLabel = "Parotid_R", "Parotid_L"
d.save_as("names.dcm")  # of the other side, codes as they were
for s in (label["Parotid_L"], label["Parotid_R"]):
    code = s.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence[0]
    code.CodeValue = {"7771000": "24028007", "24028007": "7771000"}[code.CodeValue]
d.save_as("both.dcm")  # names and codes of the other side
d = pydicom.dcmread("seg.dcm")
frames = d.pixel_array.copy()
for i, frame in enumerate(d.PerFrameFunctionalGroupsSequence):
    if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1:
        frames[i] = 0
packed = np.packbits(frames.ravel().astype(np.uint8), bitorder="little").tobytes()
d.PixelData = packed + b"\0" * (len(packed) % 2)
d.save_as("empty.dcm")
PY
warned() { grep -qxF "anatomynet: warning: $1" "$scratch/stderr" || fail "expected the warning '$1'"; }
run convert seg.dcm --ct p/dicom -o right
expect_status 0
grep -q "warning" "$scratch/stderr" && fail "a right segmentation gave a warning"
run convert names.dcm --ct p/dicom -o names
expect_status 0
warned "Parotid_R: named as Parotid_R but coded as Parotid_L; the name was taken"
warned "Parotid_L: named left but lies on the patient's right"
run convert names.dcm -o alone  # without a CT the code alone tells
expect_status 0
warned "Parotid_L: named as Parotid_L but coded as Parotid_R; the name was taken"
run convert both.dcm --ct p/dicom -o both
expect_status 0
warned "Parotid_R: named right but lies on the patient's left"
grep -q "coded as" "$scratch/stderr" && fail "name and code agree"
run evaluate names.dcm --truth p/labels.nii.gz
expect_status 0
warned "names.dcm: segment Parotid_L: named as Parotid_L but coded as Parotid_R; the name was taken"
run convert empty.dcm -o empty
expect_status 0
warned "Brainstem: no voxel inside"
