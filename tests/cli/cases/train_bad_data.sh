# needs: io torch
# Data sets that would teach something wrong are refused with the case's name; what is left out is said.
make_set set
cat > tiny.toml <<'TOML'
input.spacing_mm = [6, 6, 6]
[[phase]]
crop = [8, 16, 16]
TOML

# refuse PATTERN ...: of training on the set as it has been spoilt; puts it right again.
cp -r set whole
refuse() {
  run train -q --config tiny.toml --data set --out run
  expect_refused 3 "$@"
  rm -r set
  cp -r whole set
}
sed -i 's/"Glnd_Submand_R": 9/"Glnd_Submand_R": 19/' set/dataset.json
refuse 'case a' 'value 9' 'dataset.json'
sed -i 's/"file_ending"/"annotated": {"a": ["Larynx"]}, "file_ending"/' set/dataset.json
refuse 'case a' Larynx
must phantom --seed 1 --size 24x40x40 -o other
cp other/labels.nii.gz set/labelsTr/b.nii.gz
refuse 'case b: the labels do not lie on the CT' '48 x 48 x 32 voxels' '40 x 40 x 24 voxels'
echo '[{"train": [], "val": ["d"]}]' > set/splits_final.json
refuse 'no training cases'
echo '[{"train": ["a", "e"], "val": ["d"]}]' > set/splits_final.json
refuse splits_final.json 'case e'
echo '[{"train": ["a", "d"], "val": ["d"]}]' > set/splits_final.json
refuse splits_final.json 'case d'
sed -i 's/"file_ending"/"annotated": {"a": [], "b": [], "c": []}, "file_ending"/' set/dataset.json
refuse 'no training cases'

sed -i 's/"file_ending"/"annotated": {"b": []}, "file_ending"/' set/dataset.json
echo '[{"train": ["a", "b", "c"], "val": []}]' > set/splits_final.json
run train --config tiny.toml --data set --out run
expect_status 0
grep -q 'no annotated organ.*: b$' "$scratch/stderr" || fail "nothing said of the case without organs"
grep -q '2 training and 0 validation cases' "$scratch/stderr" || fail "the case without organs was taken"
expect_output 'no validation cases'

# Another run's checkpoint and another network's weights.
run train -q --config tiny.toml --data set --out run
expect_status 2
expect_error run '--resume'
sed 's/^input/architecture = "baseline"\ninput/' tiny.toml > plain.toml
run train -q --config plain.toml --data set --out run --resume
expect_status 3
expect_error run/checkpoint.pt 'another network'
sed 's/^input/start_from = "run\/best.safetensors"\ninput/' plain.toml > start.toml
run train -q --config start.toml --data set --out started
expect_status 4
expect_error 'not one tensor fits'
