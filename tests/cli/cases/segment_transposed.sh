# needs: io torch
# Rows and columns exchanged, with an Image Orientation (Patient) that says so: the same patient in every output.
need_model
must phantom --seed 9 --size 48x64x56 --spacing 4x4x4 -o p --dicom
cp -r p/dicom plain
edit_dicom 'a = d.pixel_array.T.copy(); d.Rows, d.Columns = a.shape; d.PixelData = a.tobytes()
o = list(d.ImageOrientationPatient); d.ImageOrientationPatient = o[3:] + o[:3]'
must segment plain -o upright --model "$model"
must segment p/dicom -o turned --model "$model"
run evaluate turned --truth upright
expect_status 0
expect_output "mean of organs           1.000"
run convert --ct p/dicom turned/seg.dcm -o masks
expect_status 0
run evaluate masks --truth upright
expect_output "mean of organs           1.000"
run convert --ct p/dicom turned/rtstruct.dcm -o contours
expect_status 0
run evaluate contours --truth upright
expect_output "mean of organs           1.000"
python3 - <<'PY' || fail "the contours are not those of the same patient"
import pydicom
import numpy as np

def areas(path):
    d = pydicom.dcmread(path)
    names = {r.ROINumber: r.ROIName for r in d.StructureSetROISequence}
    out = {}
    for c in d.ROIContourSequence:
        for k in getattr(c, "ContourSequence", []):
            x, y, z = np.array(k.ContourData, float).reshape(-1, 3).T
            key = names[c.ReferencedROINumber], round(z[0], 2)
            out[key] = out.get(key, 0) + abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    return out

a, b = areas("upright/rtstruct.dcm"), areas("turned/rtstruct.dcm")
assert a.keys() == b.keys() and len(a) > 20, (len(a), len(b))
assert max(abs(a[k] - b[k]) for k in a) < 1, [(k, a[k], b[k]) for k in a if abs(a[k] - b[k]) >= 1]
PY
