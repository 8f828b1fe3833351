# needs: io
# One reading of Contour Geometric Type (3006,0042) in convert, evaluate, curate and when appending: what is clear is read
# and said, what is not is left out and said.
must phantom --seed 9 --size 32x48x48 --spacing 6x6x6 -o p --dicom
must convert --ct p/dicom p/rtstruct.dcm -o truth
volumes() { cut -d, -f1,3,4 "$1/rois.csv"; }
tree() { rm -rf tree set && mkdir tree && cp -r p/dicom tree/ct && cp "$1" tree/rs.dcm; }

while IFS='|' read -r type said; do
  TYPE=$type edit_rtstruct p/rtstruct.dcm t.dcm '
for c in contours:
    if os.environ["TYPE"] == "missing":
        del c.ContourGeometricType
    else:
        c.ContourGeometricType = os.environ["TYPE"]'
  must convert --ct p/dicom t.dcm -o masks
  diff <(volumes truth) <(volumes masks) || fail "'$type': other masks"
  if [[ -n $said ]]; then
    grep -q "warning: Brainstem: .*$said" "$scratch/stderr" || fail "'$type' is read without a word"
  else
    grep -q "Geometric Type" "$scratch/stderr" && fail "'$type' is what the standard says"
  fi
  must evaluate t.dcm --truth p/labels.nii.gz --csv dice.csv
  python3 - <<'PY' || fail "'$type': evaluate reads it otherwise"
import csv
rows = list(csv.DictReader(open("dice.csv")))
assert len(rows) == 9 and all(float(r["dice"]) == 1 for r in rows), rows
PY
  [[ -z $said ]] || grep -q "warning: .*Brainstem: .*$said" "$scratch/stderr" || fail "'$type': evaluate says nothing"
  rm -r masks
done <<'TYPES'
CLOSED_PLANAR|
CLOSED_PLANAR  |
CLOSEDPLANAR_XOR|
CLOSED PLANAR|'CLOSED PLANAR', read as
closed_planar|'closed_planar', read as
CLOSEDPLANAR|'CLOSEDPLANAR', read as
Closed-Planar|'Closed-Planar', read as
INTERPOLATED_PLANAR|'INTERPOLATED_PLANAR', read as
CLOSED|'CLOSED', read as
missing|is none, read as
|is none, read as
TYPES

# The same through curate and when appending, all spellings at once; a type that means nothing clear is left out.
edit_rtstruct p/rtstruct.dcm mixed.dcm '
kinds = ["CLOSED PLANAR", "closed_planar ", "CLOSEDPLANAR", "INTERPOLATED_PLANAR", "CLOSED_PLANAR"]
for i, c in enumerate(contours):
    c.ContourGeometricType = kinds[i % 5]'
for set in p/rtstruct mixed; do
  tree $set.dcm
  must curate --kind tcia tree -o set --no-pictures
  gzip -dc set/labelsTr/*.nii.gz | cksum > "$(basename $set).sum"
done
cmp rtstruct.sum mixed.sum || fail "curate reads the types otherwise"
grep -q "Geometric Type.* is .*INTERPOLATED_PLANAR" set/cases/*/case.json || fail "curate says nothing of the types"
must convert --ct p/dicom p/labels.nii.gz -o both.dcm --append-to mixed.dcm
grep -q "warning: mixed.dcm: .*Geometric Type" "$scratch/stderr" || fail "nothing is said when appending"

edit_rtstruct p/rtstruct.dcm odd.dcm '
for i, c in enumerate(d.ROIContourSequence[0].ContourSequence):
    c.ContourGeometricType = ["POINT", "OPEN_PLANAR", "open nonplanar", "PLANAR_CLOSED\n"][i % 4]'
organ=$(sed -n 2p truth/rois.csv | cut -d, -f1)
must convert --ct p/dicom odd.dcm -o odd
grep "^$organ," odd/rois.csv | grep -q "POINT or OPEN, which enclose nothing.*unknown type left out" || fail "what was left out is not in rois.csv"
grep -q "^$organ,.*,0.0000,0," odd/rois.csv || fail "open contours enclose something"
must evaluate odd.dcm --truth p/labels.nii.gz
grep -q "warning: .*$organ: .*unknown type left out" "$scratch/stderr" || fail "evaluate says nothing of what it leaves out"
tree odd.dcm
run curate --kind tcia tree -o set --no-pictures
grep -q "$organ.*no closed contour" set/curation.json || fail "curate does not reject the ROI"
exit 0
