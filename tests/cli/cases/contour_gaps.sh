# needs: io
# Contours on every second or third slice: said with the gaps, and filled on request, in convert, evaluate and curate.
must phantom --seed 9 --size 48x40x40 --spacing 3x6x6 -o p --dicom
must convert --ct p/dicom p/rtstruct.dcm -o whole
volume() { grep '^Brainstem,' "$1/rois.csv" | cut -d, -f3; }
for step in 2 3; do
  STEP=$step edit_rtstruct p/rtstruct.dcm sparse.dcm '
heights = sorted({round(points(c)[0][2], 3) for c in contours})
for roi in d.ROIContourSequence:
    keep = [c for c in roi.ContourSequence if heights.index(round(points(c)[0][2], 3)) % int(os.environ["STEP"]) == 0]
    roi.ContourSequence = pydicom.sequence.Sequence(keep)'
  must convert --ct p/dicom sparse.dcm -o left
  grep -q "warning: Brainstem: [0-9]* slices between contours have none (up to $((3 * step)) mm from contour to contour): left empty; --fill-gaps" \
    "$scratch/stderr" || fail "the gaps are not said"
  must convert --ct p/dicom sparse.dcm -o filled --fill-gaps
  grep -q "warning: Brainstem: .*interpolated" "$scratch/stderr" || fail "nothing is said of what was filled"
  python3 - "$step" "$(volume whole)" "$(volume left)" "$(volume filled)" <<'PY' || fail "the volumes are not as expected"
import sys
step, whole, left, filled = (float(x) for x in sys.argv[1:])
print(step, whole, left, filled)
assert left < 1.3 / step * whole and 0.85 * whole < filled < 1.1 * whole
PY
  for how in "" --fill-gaps; do
    # shellcheck disable=SC2086
    must evaluate sparse.dcm --truth p/labels.nii.gz --organs Brainstem --csv "dice$how.csv" $how
    grep -q "warning: .*Brainstem: .*between contours have none" "$scratch/stderr" || fail "evaluate says nothing of the gaps"
    rm -rf tree "set$how" && mkdir tree && cp -r p/dicom tree/ct && cp sparse.dcm tree/rs.dcm
    # shellcheck disable=SC2086
    run curate --kind tcia tree -o "set$how" --no-pictures $how
    [[ $status -eq 0 || $status -eq 7 ]] || fail "curate: $status"
    grep -q "between contours have none" "set$how"/cases/*/case.json || fail "curate says nothing of the gaps"
  done
  python3 - <<'PY' || fail "--fill-gaps changes neither evaluate nor curate"
import csv, glob, json
def dice(name):
    return float(next(r for r in csv.DictReader(open(name)) if r["organ"] == "Brainstem")["dice"])
def ml(folder):
    case = json.load(open(glob.glob(folder + "/cases/*/case.json")[0]))
    return next(r["ml"] for r in case["rois"] if r["organ"] == "Brainstem")
print(dice("dice.csv"), dice("dice--fill-gaps.csv"), ml("set"), ml("set--fill-gaps"))
assert dice("dice.csv") < 0.8 and dice("dice--fill-gaps.csv") > 0.85
assert ml("set") < 0.75 * ml("set--fill-gaps")
PY
  # The setting is part of a case's key: with it the same folder is curated anew.
  run curate --kind tcia tree -o set --no-pictures --fill-gaps
  [[ $status -eq 0 || $status -eq 7 ]] || fail "curate: $status"
  cmp <(gzip -dc set/labelsTr/*.nii.gz) <(gzip -dc set--fill-gaps/labelsTr/*.nii.gz) || fail "a case of other settings counts as finished"
  rm -r left filled
done
# A configuration says it too.
printf 'fill_gaps = true\n[[source]]\nkind = "tcia"\npath = "tree"\n' > c.toml
run curate c.toml -o by-config --no-pictures
cmp <(gzip -dc by-config/labelsTr/*.nii.gz) <(gzip -dc set--fill-gaps/labelsTr/*.nii.gz) || fail "fill_gaps of a configuration does nothing"
exit 0
