# needs: io
# A hospital's own names and colours, and which organs are written, in RTSTRUCT and SEG.
make_patient p
cat > names.toml <<'T'
others = false
[organs]
Parotid_L = { name = "Parotis li", colour = [1, 2, 3] }
Brainstem = { name = "Hirnstämme" }
Bone_Mandible = {}
OpticChiasm = { write = false }
T
must convert --ct p/dicom p/labels.nii.gz -o rt.dcm --names names.toml
must convert --ct p/dicom p/labels.nii.gz -o seg.dcm --names names.toml --dicom seg
python3 - <<'PY' || fail "names or colours are not those of the file"
import pydicom
rt, seg = pydicom.dcmread("rt.dcm"), pydicom.dcmread("seg.dcm")
names = [r.ROIName for r in rt.StructureSetROISequence]
assert names == ["Hirnstämme", "Bone_Mandible", "Parotis li"], names
assert [s.SegmentLabel for s in seg.SegmentSequence] == names
assert list(rt.ROIContourSequence[2].ROIDisplayColor) == [1, 2, 3]
code = rt.RTROIObservationsSequence[2].RTROIIdentificationCodeSequence[0]
assert code.CodeValue == "45289007" and code.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
PY
must convert --ct p/dicom seg.dcm -o masks
grep -q '^Parotis li,Parotid_L,' masks/rois.csv || fail "the segment's organ is lost: $(cat masks/rois.csv)"

refuse() {
  echo "$1" > bad.toml
  run convert --ct p/dicom p/labels.nii.gz -o out.dcm --names bad.toml
  shift
  expect_refused 2 bad.toml "$@"
}
refuse '[organs]
Parotid_Left = { name = "x" }' "bad.toml:2" "Parotid_Left is no known organ" "Parotid_L"
refuse '[organs]
Parotid_L = { naem = "x" }' "bad.toml:2" "did you mean name"
refuse '[organs]
Parotid_L = { colour = [1, 2] }' "3 items"
refuse '[organs]
Parotid_L = { colour = [1, 2, 300] }' "0 to 255"
refuse '[organs]
Parotid_L = { name = "'"$(printf 'x%.0s' {1..65})"'" }' "65 characters"
refuse '[organs]
Parotid_L = { name = "a\\b" }' "backslash"
refuse '[organs]
Parotid_L = { name = " " }' "empty"
refuse '[organs]
Parotid_L = { name = "Parotis" }
Parotid_R = { name = "PAROTIS" }' "bad.toml:3" "two structures are called"
refuse 'others = false' "no organ"
refuse '[organs' "expected a template"
run convert --ct p/dicom p/labels.nii.gz -o out.dcm --names none.toml
expect_refused 2 none.toml
# Longer than some systems show is a warning; 64 characters are taken.
echo "[organs]
Parotid_L = { name = \"$(printf 'ä%.0s' {1..64})\" }" > long.toml
run convert --ct p/dicom p/labels.nii.gz -o out.dcm --names long.toml
expect_status 0
grep -q "warning: .*64 characters" "$scratch/stderr" || fail "expected a warning of a long name"

# A CT whose own text is Latin-1 cannot hold Greek names: said, not garbled.
edit_dicom 'd.SpecificCharacterSet = "ISO_IR 100"; d.PatientName = "Müller^Jörg"'
echo '[organs]
Parotid_L = { name = "παρωτίδα" }' > greek.toml
for kind in rtstruct seg; do
  run convert --ct p/dicom p/labels.nii.gz -o greek.dcm --names greek.toml --dicom $kind
  expect_refused 3 "ISO_IR 100" "παρωτίδα"
  grep -q ller "$scratch/stderr" && fail "the patient's name is in a message"
done
must convert --ct p/dicom p/labels.nii.gz -o latin.dcm --names names.toml
python3 - <<'PY' || fail "Latin-1 names are not what was meant"
import pydicom
d = pydicom.dcmread("latin.dcm")
assert d.SpecificCharacterSet == "ISO_IR 100" and str(d.PatientName) == "Müller^Jörg", d.PatientName
assert d.StructureSetROISequence[0].ROIName == "Hirnstämme"
PY
