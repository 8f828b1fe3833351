# needs: io onednn
# info on images, weights, checkpoints, data sets and results; each as text and as JSON.
need_model
make_patient p
ask() { must info "$1"; expect_output "kind"; must info "$1" --json "${@:2}"; cp "$scratch/stdout" facts.json; }
check() { python3 -c "import json; f = json.load(open('facts.json')); assert $1, f" || fail "not true of the facts: $1"; }

ask p/ct.nii.gz
python3 - <<'PY' || fail "the facts of the image are not those that nibabel reads"
import json, nibabel, numpy
f, image = json.load(open("facts.json")), nibabel.load("p/ct.nii.gz")
assert f["kind"] == "ct-image" and f["format"] == "NIfTI" and f["stored_as"] == "int16, compressed"
assert f["grid"]["size_xyz"] == list(image.shape)
assert numpy.allclose(f["grid"]["spacing_xyz_mm"], image.header.get_zooms(), atol=1e-3)
assert numpy.allclose(numpy.array(f["grid"]["origin_lps_mm"]) * [-1, -1, 1], image.affine[:3, 3], atol=1e-3)
data = numpy.asarray(image.dataobj)
assert f["range_hu"] == [data.min(), data.max()]
PY
ask p/labels.nii.gz
python3 - <<'PY' || fail "the values of the label map are not those that nibabel reads"
import json, nibabel, numpy
f = json.load(open("facts.json"))
values, counts = numpy.unique(numpy.asarray(nibabel.load("p/labels.nii.gz").dataobj), return_counts=True)
assert f["kind"] == "label-map"
assert [(v["value"], v["voxels"]) for v in f["values"]] == list(zip(values.tolist(), counts.tolist()))
PY
make_nifti float.nii 8x8x8 float32 "x + 0.5"
must info float.nii
grep '^direction of axes' "$scratch/stdout" > direction || fail "no direction"
! grep -q -- '-0' direction || fail "$(< direction)"
ask float.nii
check 'f["kind"] == "image" and "neither a CT nor a label map" in f["problem"]'

ask "$model"
check 'f["kind"] == "weights" and f["phantom_only"] and f["weights"] == 734417 and len(f["organs"]) == 9'
check 'all(o["validation_dice"] == round(o["validation_dice"], 4) for o in f["organs"])'
check '[o["name"] for o in f["organs"]][:2] == ["Brainstem", "OpticChiasm"] and f["window_hu"][0] < f["window_hu"][1]'
python3 "$source_dir/tests/cli/make_checkpoint.py" zip c.pth --from "$model" || fail "the case could not make its checkpoint"
ask c.pth
check 'f["kind"] == "pytorch-checkpoint" and f["architecture"] == "AnatomyNet" and f["tensors"] == 222'

make_set set
echo '{"annotated": {"a": ["Brainstem"]}}' | python3 -c "import json, sys; d = json.load(open('set/dataset.json')); d.update(json.load(sys.stdin)); json.dump(d, open('set/dataset.json', 'w'))"
for path in set set/dataset.json; do
  ask $path
  check 'f["kind"] == "data-set" and f["training_cases"] == 3 and f["validation_cases"] == 1'
  check '[o["training_cases"] for o in f["organs"]] == [3] + [2] * 8'
done

# A result is whole until a file is changed, gone or the manifest is not there.
must segment p/dicom -o out --model "$model" --organs Brainstem,Parotid_L
ask out
check 'f["kind"] == "results" and f["whole"] and [o["name"] for o in f["organs"]] == ["Brainstem", "Parotid_L"] and "input" not in f'
ask out --phi
check 'f["input"].startswith("p/dicom")'
echo more >> out/report.html
rm out/preview.png
ask out
check 'not f["whole"] and f["changed_files"] == ["report.html"] and f["missing_files"] == ["preview.png"]'
rm out/manifest.json
ask out
check 'not f["whole"] and "did not end" in f["problem"]'
mkdir cohort
cp p/ct.nii.gz cohort/a_ct.nii.gz
cp p/ct.nii.gz cohort/b_ct.nii.gz
must segment --batch cohort -o many --model "$model" --organs Brainstem
rm many/b/masks/Brainstem.nii.gz
ask many
check 'f["kind"] == "batch-results" and f["whole_cases"] == 1 and [(c["case"], c["whole"]) for c in f["cases"]] == [("a", True), ("b", False)]'
ask cohort
check 'f["kind"] == "folder" and [i["file"] for i in f["images"]] == ["a_ct.nii.gz", "b_ct.nii.gz"]'

mkdir run
cp "$model" run/best.safetensors
printf 'step,loss\n1,0.5\n2,0.25\n' > run/steps.csv
ask run
check 'f["kind"] == "training-run" and f["steps"] == 2 and f["last_step"]["loss"] == "0.25" and f["best_weights"]["weights"] == 734417'
head -c 1000 "$model" > torn.safetensors
run info torn.safetensors
expect_refused 4 torn.safetensors
printf '\x80' > out/summary.json
run info out/summary.json
expect_refused 3 summary.json
