# needs: io torch
# An organ that a second network draws is contoured in adapt as segment does, and calibrated: here a clinic that ends
# both glands a slice lower. It is not trained.
make_set set
phantom=$source_dir/models/anatomynet-phantom.safetensors
"$source_dir/scripts/keep-organs" "$phantom" gland.safetensors Glnd_Submand_L || fail "no weights of one organ"
"$source_dir/scripts/add-refinement" "$phantom" gland.safetensors base.safetensors Glnd_Submand_L Glnd_Submand_R \
  --size 32,32,24 --source "synthetic patients" || fail "no refinement was added"

cp -r set local
rm local/splits_final.json
for image in local/imagesTr/*_0000.nii.gz; do
  name=$(basename "$image" _0000.nii.gz)
  must segment "$image" --model base.safetensors -o "as-$name" -q --threads 1
  cp "as-$name/labels.nii.gz" "local/labelsTr/$name.nii.gz"
done
python3 - <<'PY' || fail "the labels could not be made"
import glob, nibabel, numpy
for path in glob.glob("local/labelsTr/*.nii.gz"):
    image = nibabel.load(path)
    labels = numpy.asarray(image.dataobj).copy()
    for gland in (8, 9):
        top = numpy.flatnonzero((labels == gland).any((0, 1))).max()
        labels[:, :, top][labels[:, :, top] == gland] = 0
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), path)
PY
run adapt local -o adapted --from base.safetensors --no-training --threads 1
expect_status 0
python3 - <<'PY' || fail "the glands were not calibrated"
import json
record = json.load(open("adapted/adaptation.json"))
assert set(record["offered"]) == {"Glnd_Submand_L", "Glnd_Submand_R"}, record["offered"]
for trial in record["calibration"]["trials"]:
    for organ in trial["organs"]:
        if organ["organ"].startswith("Glnd"):
            assert 0.6 < organ["before"] < 0.99, organ  # all but a slice
        elif organ["cases"] and organ["organ"] not in record["offered"]:
            assert not organ["before"] < 0.9999, organ  # as segment draws it
for organ in record["calibration"]["organs"]:
    if organ["organ"].startswith("Glnd"):
        assert not organ["after"] < 0.99, organ
PY
image=$(ls local/imagesTr/*_0000.nii.gz | head -1)
must segment "$image" --model adapted/adapted.safetensors -o cut -q --threads 1
python3 - "$image" <<'PY' || fail "segment does not draw the glands as the clinic does"
import gzip, os, sys
name = os.path.basename(sys.argv[1]).replace("_0000.nii.gz", ".nii.gz")
import nibabel, numpy
drawn, clinic = (numpy.asarray(nibabel.load(p).dataobj) for p in ("cut/labels.nii.gz", "local/labelsTr/" + name))
for gland in (8, 9):
    a, b = drawn == gland, clinic == gland
    assert 2 * (a & b).sum() / (a.sum() + b.sum()) > 0.98, gland
PY
run info adapted/adapted.safetensors --json
grep -q '"size_xyz": \[' "$scratch/stdout" || fail "the second network is gone"

# Training says what it leaves out.
run adapt local -o trained --from base.safetensors --steps 2 --threads 1
grep -q "calibrated and not trained: Glnd_Submand_L, Glnd_Submand_R" "$scratch/stderr" ||
  fail "it is not said that second networks are not trained"

# Cases that have these organs alone: there is nothing to train, and what is calibrated is offered.
python3 - <<'PY'
import json
path = "local/dataset.json"
about = json.load(open(path))
about["labels"] = {"background": [0, 1, 2, 3, 4, 5, 6, 7], "Glnd_Submand_L": 8, "Glnd_Submand_R": 9}
json.dump(about, open(path, "w"))
PY
run adapt local -o glands --from base.safetensors --threads 1
expect_status 0
python3 - <<'PY' || fail "glands alone are not calibrated"
import json
record = json.load(open("glands/adaptation.json"))
assert set(record["offered"]) == {"Glnd_Submand_L", "Glnd_Submand_R"} and record["rounds"] == [], record["offered"]
PY
