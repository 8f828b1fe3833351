# needs: io
# Several patients, two models, every form of contours, and the page.
for i in 1 2 3; do
  must phantom --seed "$i" --size 32x48x48 --spacing 6x6x6 -o "truth/p$i" --dicom
  must phantom --seed "$i" --size 32x48x48 --spacing 6x6x6 -o "same/p$i"
done
mkdir other
cp -r truth/p1 truth/p2 other/
python3 - other/p2/labels.nii.gz <<'PY' || fail "cannot confuse the sides"
import gzip, sys
data = bytearray(gzip.open(sys.argv[1]).read())
data[352:] = data[352:].translate(bytes({6: 7, 7: 6}.get(v, v) for v in range(256)))
gzip.open(sys.argv[1], "wb").write(data)
PY
run evaluate same --truth truth --against other -o out --pictures 1 --json figures.json --csv figures.csv
expect_status 0
expect_output "Bone_Mandible"
expect_output "1.000"
expect_output "difference"
expect_files out/evaluation.html out/evaluation.json out/evaluation.csv out/summary.csv figures.json figures.csv
cmp figures.csv out/evaluation.csv || fail "two CSV files of one evaluation differ"
python3 - <<'PY' || fail "the figures are not what they should be"
import csv, json
report = json.load(open("out/evaluation.json"))
assert report["cases"] == 3 and len(report["organs"]) == 9
assert all(o["dice"]["mean"] == 1 and o["hd_mm"]["high"] == 0 for o in report["organs"]), report["organs"]
assert all(f["pairs"] == 2 for f in report["comparison"]["figures"] if f["figure"] == "dice")
better = {f["organ"]: f["difference"] for f in report["comparison"]["figures"] if f["figure"] == "dice"}
assert better["Parotid_L"] == 0.5 and better["Brainstem"] == 0, better
assert all(row["verified"] and row["source"] for row in report["published"])
rows = list(csv.DictReader(open("out/evaluation.csv")))
assert len(rows) == 27 and all(float(row["dice"]) == 1 for row in rows)
page = open("out/evaluation.html").read()
assert page.count("<svg") == 3 and page.count("data:image/png;base64,") == 9
for word in ("http://", "https://", "<script", "src=\"/", "url("):
    assert word not in page, word
PY
# an RTSTRUCT against the masks it was made from, and two RTSTRUCTs on their CT
run evaluate truth/p1/rtstruct.dcm --truth truth/p1/labels.nii.gz --json contours.json
expect_status 0
run evaluate truth/p1/rtstruct.dcm --truth truth/p1/rtstruct.dcm --ct truth/p1/dicom --json both.json
expect_status 0
python3 - <<'PY' || fail "contours do not give the masks' figures"
import json
for name in ("contours.json", "both.json"):
    assert json.load(open(name))["mean_dice"] == 1, name
PY
mkdir alone
cp truth/p1/rtstruct.dcm alone/
run evaluate alone/rtstruct.dcm --truth alone/rtstruct.dcm
expect_refused 3 "rtstruct.dcm" "--ct"
