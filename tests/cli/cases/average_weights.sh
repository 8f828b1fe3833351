# scripts/average-weights: the mean of a file and itself is the file, and what does not fit together is refused.
weights=$source_dir/models/anatomynet-openkbp.safetensors
"$source_dir/scripts/average-weights" mean.safetensors "$weights" "$weights" || fail "no mean was made"
python3 - "$weights" << 'PY' || fail "the mean of a file and itself is another"
import json, struct, sys

def read(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return json.loads(header.pop("__metadata__")["anatomynet"]), header, data[8 + length:]

(was, tensors, values), (mean, same_tensors, same_values) = read(sys.argv[1]), read("mean.safetensors")
assert tensors == same_tensors and values == same_values
assert mean["organs"] == was["organs"] and "engines" not in mean
assert "validation_dice" not in mean["metrics"] and len(mean["metrics"]["mean_of"]) == 2
PY
if "$source_dir/scripts/average-weights" other.safetensors "$weights" \
  "$source_dir/models/anatomynet-phantom.safetensors" 2> "$scratch/refusal"; then fail "two organ lists were mixed"; fi
grep -q 'another network or organ list' "$scratch/refusal" || fail "the refusal does not say why"
[[ ! -e other.safetensors ]] || fail "a file was left behind"
