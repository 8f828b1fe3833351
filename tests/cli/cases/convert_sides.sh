# needs: io
# A name without a side is settled by the contours' place; a side that contradicts it is said.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
make_patient p
python3 - <<'PY' || fail "the case could not prepare its RTSTRUCT"
import pydicom

d = pydicom.dcmread("p/rtstruct.dcm")
new = {"Parotid_L": "Parotid_R", "Parotid_R": "parotid", "Glnd_Submand_L": "submandibular gland"}
for roi in d.StructureSetROISequence:
    roi.ROIName = new.get(roi.ROIName, roi.ROIName)
d.save_as("sides.dcm")
PY
run convert --ct p/dicom sides.dcm -o out
expect_status 0
grep -q "^Parotid_R,Parotid_R,.*named right but lies on the patient's left" out/rois.csv || fail "$(cat out/rois.csv)"
grep -q "^parotid,Parotid_R,.*side from its place" out/rois.csv || fail "$(cat out/rois.csv)"
grep -q "^submandibular gland,Glnd_Submand_L,.*side from its place" out/rois.csv || fail "$(cat out/rois.csv)"
grep -q "warning: Parotid_R: named right" "$scratch/stderr" || fail "expected a warning"
