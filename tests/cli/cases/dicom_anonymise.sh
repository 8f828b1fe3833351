# needs: io torch
# The patient's data is in no message, and with --anonymise in no file that is written; UIDs still lead to the CT.
need_model
make_patient p
mkdir Secretname_Given
edit_dicom '
d.PatientName = "Secretname^Given"; d.PatientID = "SECRETID"; d.PatientBirthDate = "19510203"; d.PatientSex = "F"
d.AccessionNumber = "SECRETACC"; d.ReferringPhysicianName = "Secretdoctor"; d.StudyDescription = "Secretstudy"
d.StudyID = "SECRETSTUDY"; d.StudyDate = "20190807"; d.GantryDetectorTilt = 11'
mv p/dicom Secretname_Given/ct
run segment Secretname_Given/ct -o open --model "$model"
expect_status 0
sed 's/Secretname_Given//g' "$scratch/stderr" "$scratch/stdout" | grep -i secret && fail "the patient is in a message"
for file in rtstruct.dcm seg.dcm; do grep -q 'Secretname^Given' open/$file || fail "open/$file lacks the patient's name"; done

run segment Secretname_Given/ct -o closed --model "$model" --anonymise
expect_status 0
expect_files closed/{rtstruct.dcm,seg.dcm,summary.json,preview.png,labels.nii.gz}
tells() { (cat "$1"; zcat -f "$1" 2> /dev/null) > "$scratch/text"; grep -aiqE 'secret|19510203|20190807' "$scratch/text"; }
for file in rtstruct.dcm seg.dcm summary.json; do tells open/$file || fail "the test does not find the patient in open/$file"; done
for file in $(find closed -type f); do
  tells "$file" && fail "$file tells the patient"
done
grep -q '"CT, series ' closed/summary.json || fail "summary.json: $(grep input closed/summary.json)"
grep -q 'Tilt' closed/summary.json || fail "the warning of the CT is lost with the path"
python3 - <<'PY' || fail "anonymous objects do not refer to the CT"
import pydicom
ct = pydicom.dcmread("Secretname_Given/ct/CT0001.dcm")
for name in ("rtstruct", "seg"):
    d = pydicom.dcmread(f"closed/{name}.dcm")
    assert d.PatientIdentityRemoved == "YES" and d.DeidentificationMethod
    assert d.StudyInstanceUID == ct.StudyInstanceUID and d.FrameOfReferenceUID == ct.FrameOfReferenceUID
PY
command -v dciodvfy > /dev/null || skip "dciodvfy is not installed: NOT CHECKED"
for file in closed/rtstruct.dcm closed/seg.dcm; do
  dciodvfy $file > dciodvfy.log 2>&1
  grep '^Error' dciodvfy.log >&2 && fail "dciodvfy finds errors in $file"
done
exit 0
