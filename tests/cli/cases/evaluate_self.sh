# needs: io
must phantom --seed 5 --size 64x64x64 -o p
run evaluate p/labels.nii.gz p/labels.nii.gz --json dice.json
expect_status 0
expect_silence
expect_output "Bone_Mandible"
expect_output "1.000"
python3 - dice.json <<'PY' || fail "a label map against itself has Dice 1 in every organ"
import json, sys
report = json.load(open(sys.argv[1]))
assert len(report["organs"]) == 9, report
assert all(organ["dice"]["mean"] == 1.0 for organ in report["organs"]), report
PY
