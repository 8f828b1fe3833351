# needs: io
# Whatever a source or a part holds, curate ends with a documented code other than 1, and a bad case costs itself alone.
make_set s
make_patient p
fifo=$PWD/f/pipe.nii
mkdir f
mkfifo "$fifo"
cp p/ct.nii.gz p/labels.nii.gz f
long=$(printf 'x%.0s' $(seq 300))
cat > f/cases.json <<JSON
{"values": {"6": "Parotid_L", "1": "Brainstem", "2": "Chiasm", "3": "Mandible", "4": "OpticNerve_L", "5": "OpticNerve_R",
            "7": "Parotid_R", "8": "Submandibular_L", "9": "Submandibular_R"},
 "cases": [{"id": "good", "image": "ct.nii.gz", "labels": "labels.nii.gz"},
           {"id": "zero", "image": "/dev/zero", "labels": "labels.nii.gz"},
           {"id": "pipe", "image": "pipe.nii", "labels": "labels.nii.gz"},
           {"id": "folder", "image": ".", "labels": "labels.nii.gz"},
           {"id": "long", "image": "$long/$long.nii.gz", "labels": "labels.nii.gz"}]}
JSON
run_as timeout 60 "$program" curate --kind folder f -o out --no-pictures
expect_status 7
[[ $(find out/labelsTr -name '*.nii.gz') == out/labelsTr/folder_good.nii.gz ]] || fail "the good case is not there alone"
for id in zero pipe folder long; do grep -q "$id" "$scratch/stderr" || fail "case $id is not named"; done

cp -r s n
python3 - "$long" <<'PY' || fail "the case could not prepare its data set"
import json, sys

j = json.load(open("n/dataset.json"))
j["dataset"] = {id: {"images": [f"imagesTr/{id}_0000.nii.gz"], "label": f"labelsTr/{id}.nii.gz"} for id in "abcd"}
j["dataset"]["b"]["images"] = [sys.argv[1] + ".nii.gz"]
j["dataset"]["c"]["label"] = ["labelsTr/c.nii.gz", "labelsTr/absent.nii.gz"]
json.dump(j, open("n/dataset.json", "w"))
PY
run curate --kind nnunet n -o long --no-pictures
expect_status 7
grep -q 'nnunet_b rejected: .*xxxxxxxxxx' "$scratch/stderr" || fail "the case with the long path is not named"
grep -q 'nnunet_c rejected: .*absent.nii.gz' "$scratch/stderr" || fail "the case without a label map is not named"
[[ $(ls long/cases | tr '\n' ' ') == "nnunet_a nnunet_d " ]] || fail "cases: $(ls long/cases)"

# A file called in Latin-1 beside the DICOM.
cp -r p tree
printf 'nothing' > "tree/M$(printf '\374')ller.txt"
run curate --kind tcia tree -o latin --no-pictures
[[ $status -eq 0 || $status -eq 7 ]] || fail "a name in Latin-1 ends the run with $status"
python3 -c 'import json; json.load(open("latin/curation.json", encoding="utf-8"))' || fail "curation.json is no UTF-8"

# Shards with a damaged case or report: refused as a whole.
for i in 1 2; do must curate --kind nnunet s -o part$i --shard $i/2 --no-pictures; done
one=$(find part1/cases part2/cases -name case.json | head -1)
cp "$one" keep.json
spoil() {
  python3 - "$1" "$2" <<'PY' || fail "the case could not spoil its file"
import json, sys
file, code = sys.argv[1:]
j = json.load(open(file))
exec(code)
json.dump(j, open(file, "w"))
PY
}
for code in 'del j["organs"]' 'j["organs"] = 5' 'del j["notes"]' 'j["rois"] = {"a": 1}' 'j["split"] = "none"' 'j["patient"] = "x"' \
            'del j["dicom_uids"]' 'j["rois"] = [{}]' 'j["notes"] = [1]' 'j = []'; do
  spoil "$one" "$code"
  run curate merge part1 part2 -o merged
  expect_refused 3 "case"
  cp keep.json "$one"
done
rm "$(dirname "$one")/scan.bin"
run curate merge part1 part2 -o merged
expect_refused 3 "scan.bin"
must curate --kind nnunet s -o part1 --shard 1/2 --no-pictures
must curate --kind nnunet s -o part2 --shard 2/2 --no-pictures
cp part2/curation.json keep.json
for code in 'del j["options"]' 'j["shard"] = 3' 'j["sources"] = 1' 'j["rejected"] = [{}]' 'del j["patients"]' 'j["patients"] = [{}]' 'j = 4'; do
  spoil part2/curation.json "$code"
  run curate merge part1 part2 -o merged
  expect_refused 3 "part"
  cp keep.json part2/curation.json
done
must curate merge part1 part2 -o merged
