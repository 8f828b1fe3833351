# needs: io
# The same scan in training and, under another name, in a test source: the test case stays and the other is named.
make_set s
mkdir -p t/imagesTr t/labelsTr
cp s/dataset.json t
cp s/imagesTr/b_0000.nii.gz t/imagesTr/zz_0000.nii.gz
cp s/labelsTr/b.nii.gz t/labelsTr/zz.nii.gz
cat > c.toml <<'TOML'
[[source]]
kind = "nnunet"
name = "first"
path = "s"
expect = 5
[[source]]
kind = "nnunet"
name = "held"
path = "t"
split = "test"
TOML
run curate c.toml -o out --no-pictures
expect_status 0
grep -q 'first_b.*held_zz' "$scratch/stdout" || fail "the leak is not named on stdout"
[[ ! -e out/imagesTr/first_b_0000.nii.gz && ! -e out/labelsTr/first_b.nii.gz ]] || fail "the leak is still there"
[[ -e out/imagesTs/held_zz_0000.nii.gz && -e out/labelsTs/held_zz.nii.gz ]] || fail "the test case is gone"
grep -q first_b out/dataset.json out/splits_final.json && fail "the leak is still listed"
python3 - <<'PY' || fail "found and expected are not in the report"
import json
s = json.load(open("out/curation.json"))["sources"]
assert (s[0]["found"], s[0]["expected"], s[0]["kept"]) == (4, 5, 3), s
assert s[1]["expected"] is None and s[1]["kept"] == 1, s
PY
