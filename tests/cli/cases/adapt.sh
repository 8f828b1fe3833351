# needs: io torch
# A clinic whose brain stem lies 18 mm higher up, which no calibration gives: found on held-out cases and learnt; what goes on after
# a kill; the weights' lineage. Synthetic patients on a coarse grid, so that it takes seconds.
make_set set
cat > base.toml <<'TOML'
name = "base"
seed = 3
average = 0.9
validate_every = 50
[input]
hu = [-250, 450]
spacing_mm = [12, 12, 12]
[loss]
lambda = 20
[augmentation]
preset = "none"
[[phase]]
optimiser = "adamw"
learning_rate = 4e-3
final_learning_rate = 1e-4
epochs = 50
crop = [16, 24, 24]
TOML
mkdir -p other/imagesTr other/labelsTr
must phantom --seed 30 --size 32x48x48 --spacing 6x6x6 -o p
mv p/ct.nii.gz other/imagesTr/e_0000.nii.gz
mv p/labels.nii.gz other/labelsTr/e.nii.gz

# edit_labels FOLDER 'python': runs it with the voxels of each label map, a bytearray, and the voxels of a slice.
edit_labels() {
  FOLDER=$1 EDIT=$2 python3 - <<'PY' || fail "the labels could not be made"
import glob, gzip, os, struct
for path in glob.glob(os.environ["FOLDER"] + "/labelsTr/*.nii.gz"):
    data = bytearray(gzip.open(path).read())
    nx, ny, nz = struct.unpack_from("<3h", data, 42)
    start = int(struct.unpack_from("<f", data, 108)[0])
    assert len(data) == start + nx * ny * nz, "one byte a voxel"
    voxels, plane = data[start:], nx * ny
    exec(os.environ["EDIT"])
    gzip.open(path, "wb").write(bytes(data[:start] + voxels))
PY
}

# Two organs, so that it is quick.
for folder in set other; do
  edit_labels "$folder" 'voxels[:] = bytes(v if v in (1, 3) else 0 for v in voxels)'
  echo '{"channel_names": {"0": "CT"}, "file_ending": ".nii.gz", "numTraining": 4,
         "labels": {"background": 0, "Brainstem": 1, "Bone_Mandible": 3}}' > "$folder/dataset.json"
done
must train -q --config base.toml --data set --out base --threads 1
cp -r set local
rm local/splits_final.json
edit_labels local 'stem = [i for i, v in enumerate(voxels) if v == 1]
for i in stem: voxels[i] = 0
for i in stem: voxels[i + 3 * plane] = 1'
run adapt local -o whole --from base/best.safetensors --steps 30 --threads 1 --check other
expect_status 0
expect_output "Brainstem: offered, learnt"
expect_files whole/adapted.safetensors whole/adaptation.html whole/adaptation.json whole/cases.csv
[[ ! -e whole/work ]] || fail "what a stopped run needs was left behind"
python3 - <<'PY' || fail "the record is not what it should be"
import csv, json
record = json.load(open("whole/adaptation.json"))
assert "Brainstem" in record["learnt"], record["learnt"]
last = {o["organ"]: o for o in record["rounds"][-1]["organs"]}
stem = last["Brainstem"]
assert stem["cases"] == 4 and stem["interval"][0] > 0 and stem["difference"] > 0.01, stem
assert all(o["learnt"] == (o["organ"] in record["learnt"]) for o in last.values())
assert not any(o["lost"] for o in last.values()), last
assert record["data"]["scans"] == 4 and len(record["check"]["cases"]) == 1
rows = list(csv.DictReader(open("whole/cases.csv")))
assert len([r for r in rows if r["set"] == "held out"]) == 8, len(rows)
page = open("whole/adaptation.html").read()
for word in ("http://", "https://", "<script", "src=\"/", "url("):
    assert word not in page, word
PY
run info whole/adapted.safetensors --json
expect_status 0
expect_output '"lineage"'

# killed at any moment, the same command goes on and ends with the same weights
for wait in 2 4; do
  "$program" adapt local -o killed --from base/best.safetensors --steps 30 --threads 1 --check other > /dev/null 2>&1 &
  sleep "$wait"
  kill -9 $! 2> /dev/null
  wait $! 2> /dev/null
done
[[ -d killed/work ]] || fail "it ended before it could be killed"
run adapt local -o killed --from base/best.safetensors --steps 30 --threads 1 --check other
expect_status 0
cmp whole/adapted.safetensors killed/adapted.safetensors || fail "other weights after a kill"
cmp <(grep '^held' whole/cases.csv) <(grep '^held' killed/cases.csv) || fail "other figures after a kill"
