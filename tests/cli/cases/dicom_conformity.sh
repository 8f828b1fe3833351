# needs: io
# What planning systems refuse RTSTRUCTs for, on real label maps and phantoms: checked with pydicom against the CT's own
# files; masks by way of plastimatch; SEG and back. ../shared/data/dicom holds CTs whose label maps are the truth.
for tool in dciodvfy plastimatch; do command -v $tool > /dev/null || skip "needs $tool"; done
cat > check.py <<'PY'
"""check.py CT_DIR RTSTRUCT: what planning systems are known to refuse, one assertion a complaint."""
import glob, os, sys
import numpy as np, pydicom

ct = {}
for path in glob.glob(os.path.join(sys.argv[1], "*.dcm")):
    d = pydicom.dcmread(path, stop_before_pixels=True)
    if d.Modality == "CT":
        ct[d.SOPInstanceUID] = d
first = next(iter(ct.values()))
raw = open(sys.argv[2], "rb").read()
rt = pydicom.dcmread(sys.argv[2])
for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
             "StudyID", "AccessionNumber", "ReferringPhysicianName"):
    assert name in rt and str(rt[name].value or "") == str(first.get(name, "") or ""), name
for name in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "StructureSetLabel", "StructureSetDate",
             "StructureSetTime", "ApprovalStatus", "FrameOfReferenceUID", "Manufacturer"):
    assert rt[name].value, name
assert rt.SOPInstanceUID not in ct and rt.SeriesInstanceUID != first.SeriesInstanceUID
assert len(rt.StructureSetLabel) <= 16
assert rt.file_meta.MediaStorageSOPInstanceUID == rt.SOPInstanceUID
frame, = rt.ReferencedFrameOfReferenceSequence
assert frame.FrameOfReferenceUID == rt.FrameOfReferenceUID == first.FrameOfReferenceUID
series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
assert series.SeriesInstanceUID == first.SeriesInstanceUID
assert {i.ReferencedSOPInstanceUID for i in series.ContourImageSequence} == set(ct)
numbers = [r.ROINumber for r in rt.StructureSetROISequence]
names = [r.ROIName.lower() for r in rt.StructureSetROISequence]
assert len(set(numbers)) == len(numbers) and min(numbers) > 0, numbers
assert len(set(names)) == len(names) and all(0 < len(n) <= 16 for n in names), names
assert [c.ReferencedROINumber for c in rt.ROIContourSequence] == numbers
assert [o.ReferencedROINumber for o in rt.RTROIObservationsSequence] == numbers
observations = [o.ObservationNumber for o in rt.RTROIObservationsSequence]
assert len(set(observations)) == len(observations)
points = 0
for roi, contours, observation in zip(rt.StructureSetROISequence, rt.ROIContourSequence, rt.RTROIObservationsSequence):
    assert roi.ReferencedFrameOfReferenceUID == rt.FrameOfReferenceUID
    assert observation.RTROIInterpretedType == "ORGAN" and "ROIInterpreter" in observation
    assert len(contours.ROIDisplayColor) == 3
    code = observation.RTROIIdentificationCodeSequence[0]
    assert code.CodingSchemeDesignator == "SCT" and code.CodeMeaning
    side = [m.CodeMeaning for m in code.get("SegmentedPropertyTypeModifierCodeSequence", [])]
    assert side == ({"L": ["Left"], "R": ["Right"]}.get(roi.ROIName[-1], []) if roi.ROIName[-2] == "_" else []), side
    for c in contours.get("ContourSequence", []):
        assert c.ContourGeometricType == "CLOSED_PLANAR"
        assert all(len(str(v)) <= 16 for v in c.ContourData)
        p = np.array(c.ContourData, float).reshape(-1, 3)
        points += len(p)
        assert len(p) == c.NumberOfContourPoints and len({tuple(q) for q in p}) >= 3
        assert (np.abs(p - np.roll(p, 1, 0)).max(axis=1) > 0).all(), "repeated points, or closed explicitly"
        image = ct[c.ContourImageSequence[0].ReferencedSOPInstanceUID]
        o = np.array(image.ImageOrientationPatient, float)
        height = (p - np.array(image.ImagePositionPatient, float)) @ np.cross(o[:3], o[3:])
        assert np.abs(height).max() < 0.01, "contour beside its slice"
        inside = (p - np.array(image.ImagePositionPatient, float)) @ np.stack([o[:3], o[3:]]).T
        pixel = np.array([image.PixelSpacing[1], image.PixelSpacing[0]], float)
        size = pixel * [image.Columns, image.Rows]
        assert (inside > -pixel).all() and (inside < size).all(), "contour off the image"
print(os.path.basename(os.path.normpath(sys.argv[1])), len(numbers), "ROIs", points, "points")
PY

# same.py FOLDER LABELS LEAST_DICE: the masks that plastimatch made against the label map
cat > same.py <<'PY'
import glob, gzip, os, re, struct, sys, zlib
import numpy as np

folder, labels, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
names = dict(Brainstem=1, OpticChiasm=2, Bone_Mandible=3, OpticNrv_L=4, OpticNrv_R=5, Parotid_L=6, Parotid_R=7,
             Glnd_Submand_L=8, Glnd_Submand_R=9)


def nifti(path):
    raw = gzip.open(path).read()
    n = struct.unpack_from("<3h", raw, 42)
    a = np.frombuffer(raw, np.uint8, n[0] * n[1] * n[2], int(struct.unpack_from("<f", raw, 108)[0])).reshape(n[::-1])
    m = np.array([struct.unpack_from("<4f", raw, 280 + 16 * k) for k in range(3)])[:, :3]
    return upright(a, m * np.array([[-1], [-1], [1]])), np.abs(np.linalg.det(m)) / 1000


def nrrd(path):
    head, data = open(path, "rb").read().split(b"\n\n", 1)
    if re.search(rb"encoding: gz", head):
        data = zlib.decompress(data, 31)
    n = [int(v) for v in re.search(rb"sizes: ([0-9 ]+)", head)[1].split()]
    m = np.array([[float(x) for x in v.split(b",")] for v in re.findall(rb"\(([^)]*)\)", re.search(
        rb"space directions: (.*)", head)[1])]).T
    return upright(np.frombuffer(data, np.uint8).reshape(n[::-1]), m)


def upright(a, m):  # axes to the patient's left, back, head
    for k in range(3):
        if m[k, k] < 0:
            a = np.flip(a, 2 - k)
    return a


truth, ml = nifti(labels)
worst, compared = 1, 0
for path in glob.glob(folder + "/*.nrrd"):
    organ = truth == names[os.path.basename(path)[:-5]]
    mask = nrrd(path) > 0
    if organ.sum() == 0:
        continue
    dice = 2 * (organ & mask).sum() / (organ.sum() + mask.sum())
    worst, compared = min(worst, dice), compared + 1
    assert dice >= (least if organ.sum() * ml > 2 else 0.97), (path, dice, organ.sum() * ml)
assert compared, "no mask to compare"
print("  plastimatch: %d organs, least Dice %.4f" % (compared, worst))
PY

# conform CT LABELS
conform() {
  local way
  for way in "" --smooth; do
    # shellcheck disable=SC2086
    must convert --ct "$1" "$2" -o rtstruct.dcm $way
    dciodvfy rtstruct.dcm > dciodvfy.log 2>&1
    grep '^Error' dciodvfy.log >&2 && fail "dciodvfy finds errors in the RTSTRUCT of $1"
    python3 check.py "$1" rtstruct.dcm || fail "a planning system would refuse the RTSTRUCT of $1 $way"
    plastimatch convert --input rtstruct.dcm --referenced-ct "$1" --output-prefix plast --prefix-format nrrd \
      > plastimatch.log 2>&1 || fail "plastimatch cannot read the RTSTRUCT of $1"
    python3 same.py plast "$2" 0.99 || fail "plastimatch's masks differ from the label map of $1 $way"
    rm -r plast
  done
  must convert --ct "$1" "$2" -o seg.dcm --dicom seg
  dciodvfy seg.dcm > dciodvfy.log 2>&1
  grep '^Error' dciodvfy.log >&2 && fail "dciodvfy finds errors in the SEG of $1"
  dcmdump seg.dcm > /dev/null || fail "dcmdump cannot read the SEG of $1"
  must convert --ct "$1" seg.dcm -o back
  must convert --ct "$1" back -o again.dcm --dicom seg
  must convert --ct "$1" again.dcm -o twice
  for file in back/*.nii.gz; do cmp "$file" "twice/$(basename "$file")" || fail "$file does not come back from the SEG"; done
  python3 - "$2" <<'PY' || fail "the SEG of $1 is not the label map that it was made from"
import glob, gzip, os, struct, sys
sys.argv = ["same.py", "nothing", sys.argv[1], "1"]
source = open("same.py").read().split("truth, ml")[0]
exec(source)
truth, _ = nifti(labels)
files = glob.glob("back/*.nii.gz")
assert len(files) == len(set(np.unique(truth)) - {0}), files
for path in files:
    mask, _ = nifti(path)
    assert ((mask > 0) == (truth == names[os.path.basename(path)[:-7]])).all(), path
print("  SEG: %d organs, every voxel" % len(files))
PY
  rm -r back twice
}

must phantom --seed 11 --size 40x64x72 -o p --dicom
conform p/dicom p/labels.nii.gz
data=$source_dir/../shared/data
[[ -d $data/dicom ]] || skip "phantom checked; ../shared/data is not there: real label maps NOT CHECKED"
for pair in a_chum_style:201 b_french:202 c_upper_case:207 d_odd:209; do
  conform "$data/dicom/${pair%:*}" "$data/openkbp/validation/pt_${pair#*:}_labels.nii.gz"
done
