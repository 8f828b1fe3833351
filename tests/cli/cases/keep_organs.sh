# scripts/keep-organs: weights of two organs, with their HU curves alone, that the program reads.
weights=$source_dir/models/anatomynet-openkbp.safetensors
"$source_dir/scripts/keep-organs" "$weights" two.safetensors Bone_Mandible SpinalCord || fail "no weights were made"
run info two.safetensors --json
expect_status 0
python3 - "$scratch/stdout" << 'PY' || fail "the weights are not those of the two organs"
import json, sys
about = json.load(open(sys.argv[1]))
about = about[0] if isinstance(about, list) else about
assert [o["name"] for o in about["organs"]] == ["Bone_Mandible", "SpinalCord"], about["organs"]
assert {c["organ"] for c in about["hu_curves"]} == {"Bone_Mandible", "SpinalCord"}, about["hu_curves"]
PY
if "$source_dir/scripts/keep-organs" "$weights" none.safetensors Liver 2> "$scratch/refusal"; then
  fail "an organ that is not there was kept"
fi
grep -q 'has no Liver' "$scratch/refusal" || fail "the refusal does not say why"
[[ ! -e none.safetensors ]] || fail "a file was left behind"
