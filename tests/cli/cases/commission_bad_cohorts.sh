# needs: io onednn
# What is wrong with a cohort is found and named, and costs what is wrong alone.
need_model
cohort_of 4 good
must commission good -o out --model "$model" --pictures 0

# finding CODE CASE ...: the record names the cases under this code
finding() {
  python3 - "$@" <<'PY' || fail "$1 was not found: $(python3 -c 'import json; print(json.load(open("out/commission.json"))["findings"])')"
import json, sys
record = json.load(open("out/commission.json"))
assert [f for f in record["findings"] if f["code"] == sys.argv[1] and f["cases"] == sys.argv[2:]]
PY
}

# left and right exchanged by the clinic
cp -r good sides
python3 - sides/p2_labels.nii.gz <<'PY' || fail "cannot exchange the sides"
import gzip, sys
data = bytearray(gzip.open(sys.argv[1]).read())
swap = {4: 5, 5: 4, 6: 7, 7: 6, 8: 9, 9: 8}
data[352:] = data[352:].translate(bytes(swap.get(v, v) for v in range(256)))
gzip.open(sys.argv[1], "wb").write(data)
PY
run commission sides -o out --model "$model" --pictures 0
expect_status 7
grep -q "p2: left and right are exchanged" "$scratch/stderr" || fail "the exchanged sides are not named"
finding sides-exchanged p2

# one case twice
cp -r good twice
cp good/p3_ct.nii.gz twice/again_ct.nii.gz
cp good/p3_labels.nii.gz twice/again_labels.nii.gz
run commission twice -o out --model "$model" --pictures 0
expect_status 7
finding same-scan-twice again p3

# contours on another grid: that case is named, the others are compared
cp -r good grids
must phantom --seed 9 --size 40x64x64 --spacing 4x4x4 -o p9
cp p9/labels.nii.gz grids/p4_labels.nii.gz
run commission grids -o out --model "$model" --pictures 0
expect_status 7
grep -q "p4: .*another grid" "$scratch/stderr" || fail "the other grid is not named"
python3 -c 'import json; r = json.load(open("out/commission.json")); assert r["tested"]["compared"] == 3 and r["failed"][0]["case"] == "p4"' ||
  fail "the case is not among the failed"

# no organ in common: refused before anything is contoured
mkdir other
cp good/p1_ct.nii.gz other/
python3 - good/p1_labels.nii.gz other/p1_labels.nii.gz <<'PY' || fail "cannot make other organs"
import gzip, sys
data = bytearray(gzip.open(sys.argv[1]).read())
data[352:] = data[352:].translate(bytes(12 if v else 0 for v in range(256)))
gzip.open(sys.argv[2], "wb").write(data)
PY
run commission other -o none --model "$model"
expect_refused 3 "no organ in common" "Esophagus" "Bone_Mandible"

# two cases, and one patient, accept nothing
mkdir two one
cp good/p1_* good/p2_* two/
cp good/p1_* one/
run commission two -o few --model "$model" --pictures 0
expect_status 0
expect_output "Bone_Mandible: do not use, because 2 patients cannot show anything"
run commission one -o few1 --model "$model" --pictures 0
expect_status 0
expect_output "1 patient cannot show anything"

mkdir empty
run commission empty -o none --model "$model"
expect_refused 3 "empty"
run commission absent -o none --model "$model"
expect_refused 3 "absent" "no such file"

# a full disk ends it; the same command goes on
run_as bash -c 'trap "" XFSZ; ulimit -f 40; exec "$0" "$@"' "$program" -q commission good -o full --model "$model"
expect_status 5
run commission good -o full --model "$model" --pictures 0
expect_status 0
