# scripts/average-weights: the mean of a file and itself is its network, whether or not one of them has shape priors, and
# what does not fit together is refused.
weights=$source_dir/models/anatomynet-openkbp.safetensors
"$source_dir/scripts/average-weights" first.safetensors "$weights" "$weights" || fail "no mean was made"
"$source_dir/scripts/average-weights" mean.safetensors "$weights" first.safetensors ||
  fail "weights with a shape prior and without it were refused"
python3 - "$weights" << 'PY' || fail "the mean of a file and itself is another"
import json, struct, sys

def read(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    about, body = json.loads(header.pop("__metadata__")["anatomynet"]), data[8 + length:]
    values = {name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])])
              for name, entry in header.items() if not name.startswith(("shape_prior", "refinement."))}
    return about, values, len(values) < len(header)

(was, tensors, prior), (mean, same_tensors, no_prior) = read(sys.argv[1]), read("mean.safetensors")
assert tensors == same_tensors and prior and not no_prior
assert mean["organs"] == was["organs"]
assert not {"engines", "evidence", "shape_priors", "hu_curves", "organ_ends", "refinements"} & mean.keys()
assert "validation_dice" not in mean["metrics"] and len(mean["metrics"]["mean_of"]) == 2
PY
if "$source_dir/scripts/average-weights" other.safetensors "$weights" \
  "$source_dir/models/anatomynet-phantom.safetensors" 2> "$scratch/refusal"; then fail "two organ lists were mixed"; fi
grep -q 'another network or organ list' "$scratch/refusal" || fail "the refusal does not say why"
[[ ! -e other.safetensors ]] || fail "a file was left behind"
