# needs: io onednn
# PyTorch checkpoints in both formats become the weights file they were made of; it draws the same contours.
need_model
make() { python3 "$source_dir/tests/cli/make_checkpoint.py" "$@" || fail "the case could not make $2"; }
# by PDDCA and TG-263 names, in the order of the channels
nine=(--organs "BrainStem,Chiasm,Mandible,OpticNerve_L, OpticNrv_R,Parotid_L,Parotid_R,Glnd_Submand_L,Glnd_Submand_R")
window=(--hu -1024,3071)
make json want.json --from "$model"  # 222: batch norms' counters are no weights
expect_tensors() {
  make json got.json --from "$1"
  cmp want.json got.json || fail "$1 holds other tensors than the checkpoint was made of"
}
accept() {  # FORM OPTIONS ...: of the checkpoint
  make "$1" c.pth --from "$model" "${@:2}"
  run import c.pth -o c.safetensors "${nine[@]}" "${window[@]}"
  expect_status 0
  expect_output "c.safetensors: AnatomyNet, 222 tensors, 734417 weights, 9 organs"
  expect_tensors c.safetensors
}
accept zip
accept legacy
accept zip --prefix module.
accept legacy --nest weight --prefix module.net.
accept zip --nest state_dict
accept zip --transpose                    # rows and columns exchanged in memory

# What it says of itself, and the same contours as the weights it was made of.
make zip half.pth --from "$model" --half
must import half.pth -o half.safetensors "${nine[@]}" "${window[@]}"
make_patient p
settings=$(python3 - "$model" <<'PY'
import json, struct, sys
with open(sys.argv[1], "rb") as f:
    info = json.loads(json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))["__metadata__"]["anatomynet"])
x, y, z = info["spacing_mm"]
print("--hu %g,%g --spacing %g,%g,%g" % (info["hu_low"], info["hu_high"], z, y, x))
PY
)
read -ra own <<< "$settings"
make legacy whole.pth --from "$model"
must import whole.pth -o whole.safetensors "${nine[@]}" "${own[@]}" --name imported --note "phantoms, CC0" --phantom-only
must segment p/ct.nii.gz -o a --model whole.safetensors --precision fp32
must segment p/ct.nii.gz -o b --model "$model" --precision fp32
cmp {a,b}/labels.nii.gz || fail "imported weights draw other contours"
grep -q '"imported-' a/summary.json && grep -q "phantoms, CC0" a/summary.json || fail "name and note are lost"
grep -q "whole.pth, SHA-256 $(sha256sum < whole.pth | cut -d' ' -f1)" a/summary.json || fail "the checkpoint is not named"

# What is wrong with tensors or options is one line.
refuse() {  # STATUS FILE "OPTIONS" PATTERN ...
  run import "$2" -o out.safetensors "${nine[@]}" "${window[@]}" $3
  expect_refused "$1" "${@:4}"
}
make zip less.pth --from "$model" --drop layer5.0.conv1.weight layer6.bn1.bias
refuse 4 less.pth "" less.pth "2 are missing (layer5.0.conv1.weight and others)"
make zip more.pth --from "$model" --add extra.weight
refuse 4 more.pth "" "1 is unexpected (extra.weight)"
make zip c.pth --from "$model"
refuse 4 c.pth "--architecture baseline" "not the tensors of baseline"
refuse 2 c.pth "--architecture nothing" "--architecture"
run import c.pth -o out.safetensors --organs Parotid_L,Parotid_R "${window[@]}"
expect_refused 4 "expected [3, 14, 3, 3, 3] for background and 2 organs"
run import c.pth -o out.safetensors --organs Parotid_L,Parotis "${window[@]}"
expect_refused 2 "no organ 'Parotis'" "Parotid_"
run import c.pth -o out.safetensors --organs Parotid_L,Parotid_L "${window[@]}"
expect_refused 2 "listed twice"
for hu in 5 3071,-1024 -1024,nan 1,2,3 a,b ''; do
  run import c.pth -o out.safetensors "${nine[@]}" --hu="$hu"
  expect_refused 2 "--hu"
done
run import c.pth -o out.safetensors "${nine[@]}" "${window[@]}" --spacing 1,2
expect_refused 2 spacing
run import none.pth -o out.safetensors "${nine[@]}" "${window[@]}"
expect_refused 4 none.pth
