# needs: io
# convert --anonymise: what a mask's file is called reaches the object where it is an organ's name alone.
make_patient p
edit_dicom 'd.PatientName = "Zwiebelfisch^Annabell"; d.PatientID = "ZWF7719"'
mkdir masks rtstruct seg
python3 - <<'PY' || fail "the case could not prepare its masks"
import gzip
whole = bytearray(gzip.open("p/labels.nii.gz").read())
for value, name in ((1, "zwiebelfisch_Brainstem"), (3, "Bone_Mandible"), (6, "zwiebelfisch_tumour"), (7, "zwf7719")):
    mask = bytes(whole[:352]) + bytes(int(v == value) for v in whole[352:])
    gzip.open(f"masks/{name}.nii.gz", "wb").write(mask)
PY
for object in rtstruct seg; do
  must convert --ct p/dicom masks -o $object/open.dcm --dicom $object
  must convert --ct p/dicom masks -o $object/closed.dcm --dicom $object --anonymise
  grep -q 'warning: zwiebelfisch_tumour: .*called ROI_' "$scratch/stderr" || fail "not said what a mask is called now"
  mkdir -p only/$object
  cp $object/closed.dcm only/$object/
done
python3 "$source_dir/tests/cli/find_words.py" rtstruct zwiebelfisch zwf7719 > /dev/null || fail "the search finds no names where they are"
python3 "$source_dir/tests/cli/find_words.py" only zwiebelfisch annabell zwf7719 && fail "these tell the patient"
python3 - <<'PY' || fail "the names of the ROIs"
import pydicom
names = sorted(r.ROIName for r in pydicom.dcmread("rtstruct/closed.dcm").StructureSetROISequence)
assert "Bone_Mandible" in names and "ROI_1" in names and "ROI_2" in names, names
PY
true
