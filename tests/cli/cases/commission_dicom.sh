# needs: io onednn
# A DICOM cohort: cases by number, no patient's ID or name anywhere but in the key; wrong structure sets are named.
need_model
for i in 1 2 3; do
  must phantom --seed "$i" --size 48x64x64 --spacing 4x4x4 -o "p$i" --dicom
  mkdir -p "cohort/SECRET$i"
  mv "p$i/dicom" "cohort/SECRET$i/ct"
  mv "p$i/rtstruct.dcm" "cohort/SECRET$i/"
done
python3 - <<'PY' || fail "cannot prepare the cohort"
import glob, pydicom
uid = pydicom.uid.generate_uid
for n in "123":
    for path in glob.glob(f"cohort/SECRET{n}/**/*.dcm", recursive=True):
        d = pydicom.dcmread(path)
        d.PatientID, d.PatientName = f"SECRET{n}", f"Hidden{n}^Name"
        if d.Modality == "CT":
            d.Manufacturer, d.ManufacturerModelName, d.ConvolutionKernel, d.KVP = "Maker", "Scanner X", "B30f", "120"
        d.save_as(path)
PY
run commission cohort -o out --model "$model" --pictures 1
expect_status 0
python3 - <<'PY' || fail "the record is not what it should be"
import json
record = json.load(open("out/commission.json"))
assert [c["case"] for c in record["cases"]] == ["patient-001", "patient-002", "patient-003"], record["cases"]
assert record["tested"]["scanners"] == [{"value": "Maker, Scanner X, kernel B30f, 120 kV", "cases": 3}]
PY
grep -q SECRET1 out/key.csv || fail "the key does not tell"
if grep -rlE 'SECRET|Hidden' out "$scratch/stderr" "$scratch/stdout" | grep -v '^out/key.csv$'; then fail "a patient is named"; fi

# segment says the same of the scanner
must segment cohort/SECRET1/ct -o single --model "$model" --anonymise
python3 -c 'import json; s = json.load(open("single/summary.json"))["scanner"]; assert s["kernel"] == "B30f" and s["model"] == "Scanner X", s' ||
  fail "the scanner is not in summary.json"

# a structure set of another patient's, and one name too many under one ID
python3 - <<'PY' || fail "cannot spoil the cohort"
import glob, pydicom
d = pydicom.dcmread("cohort/SECRET1/rtstruct.dcm")
d.PatientID = "SECRET9"
d.save_as("cohort/SECRET1/rtstruct.dcm")
for path in glob.glob("cohort/SECRET2/ct/*.dcm"):
    d = pydicom.dcmread(path)
    d.PatientName = "Somebody^Else"
    d.save_as(path)
PY
run commission cohort -o out --model "$model" --pictures 0
expect_status 0
python3 - <<'PY' || fail "two patients in one were not named"
import json
findings = json.load(open("out/commission.json"))["findings"]
doubts = {f["cases"][0]: f["text"] for f in findings if f["code"] == "two-patients"}
assert "different Patient IDs" in doubts["patient-001"] and "2 different patients" in doubts["patient-002"], findings
PY

# the structure set of one patient is said to be of another one's CT
python3 - <<'PY' || fail "cannot exchange the structure sets"
import glob, pydicom
one = pydicom.dcmread("cohort/SECRET3/rtstruct.dcm")
other = pydicom.dcmread(sorted(glob.glob("cohort/SECRET2/ct/*.dcm"))[0])
# all references now lead to the second patient's CT, and the contours lie in it, 50 mm beside the organs
own = pydicom.dcmread(sorted(glob.glob("cohort/SECRET3/ct/*.dcm"))[0]).ImagePositionPatient
move = [float(a) - float(b) for a, b in zip(other.ImagePositionPatient, own)]
move[0] += 50
slices = [pydicom.dcmread(p) for p in glob.glob("cohort/SECRET2/ct/*.dcm")]
one.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = other.FrameOfReferenceUID
study = one.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
study.ReferencedSOPInstanceUID = other.StudyInstanceUID
series = study.RTReferencedSeriesSequence[0]
series.SeriesInstanceUID = other.SeriesInstanceUID
for item, s in zip(series.ContourImageSequence, slices):
    item.ReferencedSOPInstanceUID = s.SOPInstanceUID
for roi in one.StructureSetROISequence:
    roi.ReferencedFrameOfReferenceUID = other.FrameOfReferenceUID
for roi in one.ROIContourSequence:
    for c in roi.get("ContourSequence", []):
        del c.ContourImageSequence
        v = [float(x) for x in c.ContourData]
        for k in range(3):
            v[k::3] = [x + move[k] for x in v[k::3]]
        c.ContourData = ["%.4f" % x for x in v]
one.PatientID = "SECRET2"
one.save_as("cohort/SECRET2/rtstruct.dcm")
import os
os.remove("cohort/SECRET3/rtstruct.dcm")
PY
run commission cohort -o out --model "$model" --pictures 0
python3 - <<'PY' || fail "the wrong CT was not named: $(cat "$scratch/stderr")"
import json
record = json.load(open("out/commission.json"))
codes = [f["code"] for f in record["findings"] if f["cases"] == ["patient-002"]]
assert "wrong-ct" in codes or "no-overlap" in codes, record["findings"]
PY
grep -q "no structure set" "$scratch/stderr" || fail "a CT without contours was not named"
