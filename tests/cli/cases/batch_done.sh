# needs: io onednn
# What counts as done: a manifest that fits model, settings, input and every byte. Anything less is made again, and said.
need_model
make_patient p
mkdir cohort
cp p/ct.nii.gz cohort/a.nii.gz
cp p/ct.nii.gz cohort/b.nii.gz
batch() { run segment --batch cohort -o out --model "${weights:-$model}" "$@"; expect_status 0; }
again() { grep -qF "2 cases: $1 done, $2 done before" "$scratch/stdout" || fail "expected $1 done and $2 done before: $(cat "$scratch/stdout")"; }
batch
expect_files out/a/manifest.json
python3 - <<'PY' || fail "manifest.json does not name the files as they are"
import hashlib, json, os

manifest = json.load(open("out/a/manifest.json"))
files = {os.path.relpath(os.path.join(d, f), "out/a") for d, _, names in os.walk("out/a") for f in names}
assert files == set(manifest["files"]) | {"manifest.json"}, files
for name, said in manifest["files"].items():
    data = open(os.path.join("out/a", name), "rb").read()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (said["bytes"], said["sha256"]), name
assert manifest["program"].startswith("anatomynet ") and manifest["model"] == json.load(open("out/a/summary.json"))["model"]["id"]
PY
batch
again 0 2

# As kills of older versions left it: a summary without masks, a manifest cut short, none.
rm -r out/a/masks out/a/labels.nii.gz
batch
again 1 1
grep -qF "warning: a: labels.nii.gz, masks/" "$scratch/stderr" || fail "expected what is gone to be named"
truncate -s 100 out/a/manifest.json
rm out/b/manifest.json
batch
again 2 0

# A mask that somebody corrected is not lost.
mask=out/a/masks/Parotid_L.nii.gz
zcat "$mask" | gzip -1 > corrected.nii.gz
cp corrected.nii.gz "$mask"
batch
again 1 1
grep -qF "warning: a: masks/Parotid_L.nii.gz was changed" "$scratch/stderr" || fail "expected what was changed to be named"
cmp corrected.nii.gz out/a/changed/masks/Parotid_L.nii.gz || fail "the changed mask is lost"
cmp "$mask" out/b/masks/Parotid_L.nii.gz || fail "the case was not made again"
batch
again 0 2

# Settings count by what their files hold.
printf '[organs]\nParotid_L = { name = "one" }\n' > names.toml
batch --names names.toml
again 2 0
cp names.toml other.toml
batch --names other.toml
again 0 2
printf '[organs]\nParotid_L = { name = "two" }\n' > names.toml
batch --names names.toml
again 2 0
batch
again 2 0

# The model counts by all that it says, not by its tensors alone.
python3 - "$model" <<'PY' || fail "the case could not prepare its weights files"
import json, struct, sys

data = open(sys.argv[1], "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header, body = json.loads(data[8:8 + length]), data[8 + length:]
info = json.loads(header["__metadata__"]["anatomynet"])


def write(name, change):
    changed = {**info, **change}
    header["__metadata__"]["anatomynet"] = json.dumps(changed)
    text = json.dumps(header).encode()
    open(name + ".safetensors", "wb").write(struct.pack("<Q", len(text)) + text + body)


write("window", {"hu_low": info["hu_low"] - 1})
write("organ", {"organs": [{**info["organs"][0], "colour": [1, 2, 3]}] + info["organs"][1:]})
for n, name in enumerate(("../../../stolen", "/tmp/anatomynet-stolen", "..", "a/b", "x\n", "")):
    write("stolen%d" % n, {"organs": [{**info["organs"][0], "name": name}] + info["organs"][1:]})
PY
for weights in window organ; do
  weights=$PWD/$weights.safetensors
  batch
  again 2 0
done

# An organ's name is that of files: it leads nowhere.
for n in 0 1 2 3 4 5; do
  run segment p/ct.nii.gz -o stolen --model stolen$n.safetensors
  expect_refused 4 "stolen$n.safetensors" "organ 1"
done
[[ ! -e /tmp/anatomynet-stolen.nii.gz ]] || fail "a name led out of the output folder"
