# needs: io torch
# Planning CTs with fine slices through the head and coarse ones below are contoured where their slices are.
need_model
must phantom --seed 9 --size 64x48x48 --spacing 3x6x6 -o p --dicom
edit_dicom 'd = None if i >= 32 and i % 2 else d'
run segment p/dicom -o out --model "$model" --mesh stl
expect_status 0
grep -q "slices lie unevenly: slices 1 to 33 every 3 mm, 33 to 48 every 6 mm" "$scratch/stderr" || fail "expected the blocks"
cat > check.py <<'PY'
import glob, gzip, json, struct, sys
import numpy as np
import pydicom

folder, results = sys.argv[1:]
slices = {}
for path in glob.glob(folder + "/*.dcm"):
    d = pydicom.dcmread(path, stop_before_pixels=True)
    slices[d.SOPInstanceUID] = np.array(d.ImagePositionPatient, float)
heights = np.array(sorted(p[2] for p in slices.values()))
slab = np.gradient(heights, edge_order=1)
slab[1:-1] = (heights[2:] - heights[:-2]) / 2
area = 36.0
summary = json.load(open(results + "/summary.json"))
assert np.allclose(np.array(summary["uneven_slices"]["positions_mm"]) + heights[0], heights, atol=1e-3), summary
organs = {o["name"]: o for o in summary["organs"]}

# SEG: frames on the slices, volumes those of their slabs
seg = pydicom.dcmread(results + "/seg.dcm")
assert "SpacingBetweenSlices" not in str(seg.SharedFunctionalGroupsSequence)
names = {s.SegmentNumber: s.SegmentLabel for s in seg.SegmentSequence}
bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
per = seg.Rows * seg.Columns
masks = {}
for i, frame in enumerate(seg.PerFrameFunctionalGroupsSequence):
    at = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
    image = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
    assert np.abs(slices[image] - at).max() < 1e-3, (at, slices[image])
    name = names[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
    z = int(np.abs(heights - at[2]).argmin())
    measures = frame.PixelMeasuresSequence[0]
    assert "SpacingBetweenSlices" not in measures and abs(measures.SliceThickness - slab[z]) < 1e-3, (z, measures)
    masks.setdefault(name, {})[z] = bits[i * per:(i + 1) * per].reshape(seg.Rows, seg.Columns)
assert len(masks) > 4, masks.keys()
for name, on in masks.items():
    ml = sum(m.sum() * slab[z] for z, m in on.items()) * area / 1000
    assert abs(ml - organs[name]["ml"]) < 1e-6 * ml, (name, ml, organs[name])
    z_mm = sum(m.sum() * slab[z] * heights[z] for z, m in on.items()) * area / 1000 / ml
    assert abs(z_mm - organs[name]["centroid_lps_mm"][2]) < 1e-3, (name, z_mm, organs[name])

# RTSTRUCT: contours on the slices that they refer to, of the same area
rt = pydicom.dcmread(results + "/rtstruct.dcm")
roi = {r.ROINumber: r.ROIName for r in rt.StructureSetROISequence}
drawn = 0
for contours in rt.ROIContourSequence:
    name, inside = roi[contours.ReferencedROINumber], {}
    for c in getattr(contours, "ContourSequence", []):
        points = np.array(c.ContourData, float).reshape(-1, 3)
        at = slices[c.ContourImageSequence[0].ReferencedSOPInstanceUID]
        assert np.abs(points[:, 2] - at[2]).max() < 1e-3, (points[0], at)
        inside[int(np.abs(heights - at[2]).argmin())] = 1
        drawn += 1
    assert set(inside) == set(masks.get(name, {})), (name, inside.keys())
assert drawn > 20

# labels.nii.gz: even, each slice that of the nearest CT slice
data = gzip.open(results + "/labels.nii.gz").read()
nx, ny, nz = struct.unpack_from("<3h", data, 42)
labels = np.frombuffer(data, np.uint8, nx * ny * nz, 352).reshape(nz, ny, nx)
step, first = struct.unpack_from("<4f", data, 312)[2:]
assert abs(step - min(np.diff(heights))) < 1e-3 and abs(first - heights[0]) < 1e-3, (step, first)
ids = {o["name"]: o["id"] for o in summary["organs"]}
for z in range(nz):
    at = first + step * z
    near = np.flatnonzero(np.abs(heights - at) < np.abs(heights - at).min() + 1e-3)
    for name, on in masks.items():
        here = labels[z] == ids[name]
        assert any((here == (on[k] == 1 if k in on else False)).all() for k in near), (z, name)
PY
python3 check.py p/dicom out || fail "the results do not lie on the CT's slices"
dciodvfy out/rtstruct.dcm 2>&1 | grep -q '^Error' && fail "dciodvfy: errors in rtstruct.dcm"
dciodvfy out/seg.dcm 2>&1 | grep -q '^Error' && fail "dciodvfy: errors in seg.dcm"
# There and back again, each way: not a voxel changes.
run convert --ct p/dicom out/rtstruct.dcm -o masks
expect_status 0
for organ in masks/*.nii.gz; do
  [[ -f out/masks/$(basename "$organ") ]] || continue
  run evaluate "$organ" --truth "out/masks/$(basename "$organ")"
  expect_output "mean of organs           1.000"
done
run convert --ct p/dicom out/seg.dcm -o seg-masks
expect_status 0
for organ in seg-masks/*.nii.gz; do
  run evaluate "$organ" --truth "out/masks/$(basename "$organ")"
  expect_output "mean of organs           1.000"
done
run evaluate out --truth out/seg.dcm
expect_status 0
expect_output "mean of organs           1.000"
run evaluate out/rtstruct.dcm --truth out/seg.dcm --ct p/dicom
expect_status 0
expect_output "mean of organs           1.000"
run convert --ct p/dicom out/labels.nii.gz -o again.dcm
expect_status 0
run convert --ct p/dicom out/labels.nii.gz -o again-seg.dcm --dicom seg
expect_status 0
python3 - <<'PY' || fail "contours of labels.nii.gz are not those of rtstruct.dcm"
import pydicom
def contours(path):
    d = pydicom.dcmread(path)
    names = {r.ROINumber: r.ROIName for r in d.StructureSetROISequence}
    return {(names[c.ReferencedROINumber], tuple(map(float, k.ContourData)))
            for c in d.ROIContourSequence for k in getattr(c, "ContourSequence", [])}
assert contours("out/rtstruct.dcm") == contours("again.dcm")
PY
# Contours and masks agree, with the CT and with what segment says of its slices.
for ct in "" "--ct p/dicom"; do
  # shellcheck disable=SC2086
  run evaluate out --truth out/rtstruct.dcm $ct
  expect_status 0
  expect_output "mean of organs           1.000"
done
run segment --batch p -o batch --match none --model "$model"
expect_status 0
cmp batch/dicom/labels.nii.gz out/labels.nii.gz || fail "a batch contours it in another way"
# The truth of the phantom, which was drawn on all slices, in a data set.
cp p/rtstruct.dcm p/dicom/rtstruct.dcm
run curate --kind tcia p/dicom -o set --no-pictures
[[ $status -eq 0 || $status -eq 7 ]] || fail "expected a curated set, got $status"
expect_files set/imagesTr/*_0000.nii.gz set/labelsTr/*.nii.gz
run evaluate set --truth p/labels.nii.gz --resample --json curated.json
expect_status 0
python3 - <<'PY' || fail "the curated labels are not the phantom's"
import json
for organ in json.load(open("curated.json"))["organs"]:
    if organ["dice"]["mean"] is not None:  # the nerves are two or three slices high
        least = 0.55 if "OpticNrv" in organ["name"] else 0.88
        assert organ["dice"]["mean"] > least, (organ["name"], organ["dice"]["mean"])
PY
