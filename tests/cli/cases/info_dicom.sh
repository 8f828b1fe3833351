# needs: io onednn
# info on DICOM: figures as pydicom reads them, no patient's name or ID unless asked for, one line a series of many.
make_patient p
edit_dicom 'd.PatientName, d.PatientID, d.SeriesDescription = "Doe^Jane", "ID-4711", "Neck of Jane Doe"'
must convert --ct p/dicom p/labels.nii.gz -o seg.dcm --dicom seg
must convert --ct p/dicom p/labels.nii.gz -o rt.dcm
python3 - <<'PY'
import pydicom
d = pydicom.dcmread("rt.dcm")
d.StructureSetROISequence[0].ROIName += " doe_jane"
d.save_as("rt.dcm")
PY

ask() { must info "$1" --json "${@:2}"; cp "$scratch/stdout" facts.json; }
ask p/dicom
python3 - <<'PY' || fail "the facts of the CT are not those that pydicom reads"
import glob, json, pydicom
f, slices = json.load(open("facts.json")), [pydicom.dcmread(p) for p in glob.glob("p/dicom/*.dcm")]
slices.sort(key=lambda d: d.ImagePositionPatient[2])
d, z = slices[0], [float(s.ImagePositionPatient[2]) for s in slices]
assert f["kind"] == "ct-series" and f["path"] == "p/dicom"
assert f["slices"] == f["files"] == len(slices) and f["evenly_spaced"] and f["problem"] == ""
assert f["series_uid"] == d.SeriesInstanceUID and f["frame_of_reference_uid"] == d.FrameOfReferenceUID
g = f["grid"]
assert g["size_xyz"] == [d.Columns, d.Rows, len(slices)]
near = lambda a, b: all(abs(x - y) < 1e-3 for x, y in zip(a, b))
assert near(g["spacing_xyz_mm"], [d.PixelSpacing[1], d.PixelSpacing[0], z[1] - z[0]])
assert near(g["origin_lps_mm"], d.ImagePositionPatient)
assert near(g["extent_xyz_mm"], [n * s for n, s in zip(g["size_xyz"], g["spacing_xyz_mm"])])
assert g["axes_lead_to"] == ["left", "back", "head"] and g["oblique_degrees"] == 0
assert f["patient_position"] == "HFS (head first, supine)"
PY
ask rt.dcm --phi
python3 - <<'PY' || fail "the facts of the RTSTRUCT are not those that pydicom reads"
import json, pydicom
f, d = json.load(open("facts.json")), pydicom.dcmread("rt.dcm")
assert f["kind"] == "structure-set" and f["referenced_series_uids"] == [
    d.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].SeriesInstanceUID]
assert [r["name"] for r in f["rois"]] == [r.ROIName for r in d.StructureSetROISequence]
assert [r["type"] for r in f["rois"]] == [o.RTROIInterpretedType for o in d.RTROIObservationsSequence]
for r, c in zip(f["rois"], d.ROIContourSequence):
    contours = c.get("ContourSequence", [])
    assert r["contours"] == len(contours) and r["points"] == sum(int(k.NumberOfContourPoints) for k in contours)
    assert r["slices"] == len({k.ContourImageSequence[0].ReferencedSOPInstanceUID for k in contours})
    assert r["colour"] == "#%02x%02x%02x" % tuple(c.ROIDisplayColor)
PY
ask seg.dcm
python3 - <<'PY' || fail "the facts of the SEG are not those that pydicom reads"
import collections, json, pydicom
f, d = json.load(open("facts.json")), pydicom.dcmread("seg.dcm")
frames = collections.Counter(
    g.SegmentIdentificationSequence[0].ReferencedSegmentNumber for g in d.PerFrameFunctionalGroupsSequence)
assert f["kind"] == "segmentation" and f["type"] == "BINARY" and f["frames"] == d.NumberOfFrames
assert f["referenced_series_uid"] == d.ReferencedSeriesSequence[0].SeriesInstanceUID
assert [(s["number"], s["label"], s["code"], s["frames"]) for s in f["segments"]] == [
    (s.SegmentNumber, s.SegmentLabel, s.SegmentedPropertyTypeCodeSequence[0].CodeValue, frames[s.SegmentNumber])
    for s in d.SegmentSequence]
assert f["grid"]["size_xyz"][:2] == [d.Columns, d.Rows]
PY

# The patient is named on request alone, on stderr never.
mkdir tree
cp -r p/dicom rt.dcm seg.dcm tree
for path in p/dicom rt.dcm seg.dcm tree; do
  for form in "" --json; do
    must info $path $form
    grep -Eiq 'doe|jane|4711' "$scratch/stdout" "$scratch/stderr" && fail "$path: the patient is named without --phi"
    must info $path $form --phi
    grep -q 'Doe^Jane' "$scratch/stdout" && grep -q 'ID-4711' "$scratch/stdout" || fail "$path: --phi does not name the patient"
    grep -Eiq 'doe|4711' "$scratch/stderr" && fail "$path: the patient is named on stderr"
  done
done

# Several series: one line each. Blocks of distances, a lost slice and a patient who lies feet first are told.
cp -r p/dicom tree/second
cp -r p/dicom first_kept
edit_dicom 'd.SeriesInstanceUID += ".1"; d.SOPInstanceUID += ".1"; d.PatientPosition = "FFS"
z = float(d.ImagePositionPatient[2]); d.ImagePositionPatient[2] = z + max(0, i - 20) * 1.0'
rm -r tree/second
mv p/dicom tree/second
must info tree
[[ $(grep -c '32  48 x 48 x ' "$scratch/stdout") == 2 ]] || fail "expected one line a series"
expect_output "rt.dcm"
expect_output "seg.dcm"
ask tree/second
python3 - <<'PY' || fail "uneven slices or the patient's position are not told"
import json
f = json.load(open("facts.json"))
assert not f["evenly_spaced"] and "feet first" in f["patient_position"], f
assert [(b["first_slice"], b["last_slice"], round(b["distance_mm"], 3)) for b in f["blocks_of_slices"]] == [(1, 21, 6), (21, 32, 7)], f
assert any("21 to 32" in w for w in f["warnings"]), f["warnings"]
PY
mv first_kept p/dicom
edit_dicom 'if i == 9: d = None'
ask p/dicom
grep -q '"problem": ".*missing' facts.json || fail "a lost slice is not told"

head -c 3000 rt.dcm > torn.dcm
run info torn.dcm
expect_refused 3 torn.dcm
mkdir empty
run info empty
expect_refused 3 "nothing in it is known" "tried"
echo hello > note.txt
run info note.txt
expect_refused 3 "tried DICOM, NIfTI"
run info absent
expect_refused 3 absent
