# needs: io
# ROI names become file names that every file system takes, each once; the table keeps them as they are.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
make_patient p
python3 - <<'PY' || fail "the case could not prepare its RTSTRUCT"
import copy, pydicom

d = pydicom.dcmread("p/rtstruct.dcm")
d.SpecificCharacterSet = "ISO_IR 192"
names = ["../../etc/passwd", "Parotid_L", "PAROTID_L", "", "CON", 'a "b", c', "Moelle épinière", ".hidden", "x" * 60]
for roi, name in zip(d.StructureSetROISequence, names):
    roi.ROIName = name
d.ROIContourSequence[3].ContourSequence = []
d.ROIContourSequence[4].ContourSequence[0].ContourGeometricType = "POINT"
del d.ROIContourSequence[5].ContourSequence[0].ContourData
d.save_as("names.dcm")
PY
run convert --ct p/dicom names.dcm -o out
expect_status 0
expect_files out/{Parotid_L,PAROTID_L_2,ROI_4,_CON,_hidden,"Moelle épinière"}.nii.gz
[[ $(find out -type f | wc -l) -eq 10 ]] || fail "expected nine masks and a table: $(ls -A out)"
python3 - <<'PY' || fail "rois.csv: $(cat out/rois.csv)"
import csv, os

rows = list(csv.DictReader(open("out/rois.csv", encoding="utf-8")))
assert [r["name"] for r in rows][:3] == ["../../etc/passwd", "Parotid_L", "PAROTID_L"], rows
assert rows[5]["name"] == 'a "b", c' and rows[6]["name"] == "Moelle épinière"
assert all(os.path.isfile("out/" + r["file"]) and "/" not in r["file"] for r in rows)
assert rows[0]["organ"] == "none" and rows[1]["organ"] == "Parotid_L"
assert "no contours" in rows[3]["warnings"] and float(rows[3]["ml"]) == 0
assert "POINT" in rows[4]["warnings"] and "Contour Data" in rows[5]["warnings"]
PY
# Characters that do not show, or turn the direction of text, are in no file's name.
edit_rtstruct names.dcm hidden.dcm '
for roi, name in zip(d.StructureSetROISequence, ["a\u009bb", "\u202egnp.exe", "c\u200bd", "é"]):
    roi.ROIName = name'
must convert --ct p/dicom hidden.dcm -o hidden
expect_files hidden/{a_b,_gnp.exe,c_d,é}.nii.gz
