# needs: io torch
# What cannot be adapted to is refused before anything is trained, in one line, and nothing is left behind.
make_set set
cat > tiny.toml <<'TOML'
input.spacing_mm = [12, 12, 12]
[[phase]]
crop = [8, 8, 8]
TOML
must train -q --config tiny.toml --data set --out base --threads 1
model=base/best.safetensors
rm set/splits_final.json
cp -r set whole

# refuse CODE PATTERN ...: adapting to the set as it has been spoilt; puts it right again.
refuse() {
  run -q adapt set -o out --from "$model" --steps 1
  expect_refused "$@"
  rm -r set
  cp -r whole set
}
# two cases
echo '[{"train": ["a", "b"], "val": []}]' > set/splits_final.json
refuse 3 "2 cases of 2 scans" "at least 3"
# one patient: four contours of one scan
for case in b c d; do
  cp set/imagesTr/a_0000.nii.gz "set/imagesTr/${case}_0000.nii.gz"
  cp set/labelsTr/a.nii.gz "set/labelsTr/$case.nii.gz"
done
refuse 3 "4 cases of 1 scan" "at least 3"
# no organ in common
sed -i 's/"labels": {.*/"labels": {"background": 0, "Tumour": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}/; /"Parotid_L": 6/d' set/dataset.json
refuse 3 "no organ to adapt" "Brainstem" "Tumour"
# contours on another grid
must phantom --seed 1 --size 24x40x40 -o other
cp other/labels.nii.gz set/labelsTr/b.nii.gz
refuse 3 "case b: the labels do not lie on the CT"
# a damaged image
head -c 2000 set/imagesTr/c_0000.nii.gz > cut && mv cut set/imagesTr/c_0000.nii.gz
refuse 3 "case c"
run -q adapt nowhere -o out --from "$model"
expect_refused 3 nowhere
run -q adapt set -o out --from "$model" --new Larynx
expect_refused 3 "--new Larynx" "no case has it"
run -q adapt set -o out --from "$model" --new Brainstem
expect_refused 2 "--new Brainstem" "already"
run -q adapt set -o out --from "$model" --check set
expect_refused 3 "no case is left to check on"
run -q adapt set -o out --from set/dataset.json
expect_refused 4 "dataset.json"

# another data set, or other options, in a folder that holds an adaptation
run_interrupted -q adapt set -o begun --from "$model" --steps 50 --threads 1
[[ -d begun/work ]] || fail "a stopped run left nothing to go on from"
run -q adapt set -o begun --from "$model" --steps 51
expect_refused 3 "begun/work" "other cases, weights or options"

# a full disk: one line, and nothing of the result
mkdir small
# shellcheck disable=SC2016
run_as unshare --mount bash -c '
  mount -t tmpfs -o size=1500k tmpfs small || exit 77
  "$0" -q adapt set -o small/out --from "$1" --steps 1 --threads 1
  code=$?
  [[ -z $(find small -name "adapt*") ]] || { echo "left behind: $(find small)"; exit 99; }
  exit $code' "$program" "$model"
if [[ $status -ne 77 && $status -ne 1 ]]; then
  expect_status 5
  grep -q "small/out" "$scratch/stderr" || fail "the error does not name the folder"
fi
