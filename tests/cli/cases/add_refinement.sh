# needs: io
# scripts/add-refinement: a second network draws both glands anew, on its own finer grid; `info`, the report and the files of
# weights tell of it, one that is added again replaces the first, and what does not fit is refused in one line.
phantom=$source_dir/models/anatomynet-phantom.safetensors
add() { "$source_dir/scripts/add-refinement" "$@" --source "synthetic patients"; }
"$source_dir/scripts/keep-organs" "$phantom" gland.safetensors Glnd_Submand_L || fail "no weights of one organ"
add "$phantom" gland.safetensors refined.safetensors Glnd_Submand_L Glnd_Submand_R --size 40,40,32 ||
  fail "no refinement was added"
add refined.safetensors gland.safetensors again.safetensors Glnd_Submand_L Glnd_Submand_R --size 40,40,32 ||
  fail "a refinement was not replaced"
cmp refined.safetensors again.safetensors || fail "the same refinement twice makes another file"
run info refined.safetensors --json
expect_status 0
python3 - "$scratch/stdout" <<'PY' || fail "info does not tell of the refinement"
import json, sys
about = json.load(open(sys.argv[1]))
about = about[0] if isinstance(about, list) else about
(second,) = about["refinements"]
assert second["organs"] == ["Glnd_Submand_L", "Glnd_Submand_R"], second
assert second["size_xyz"] == [40, 40, 32] and second["source"] == "synthetic patients", second
assert 0.99 < second["weights"] / about["weights"] < 1, "the same network but for its outputs"
PY

must phantom --seed 5 --size 64x96x96 --spacing 3x3x3 -o p
must segment p/ct.nii.gz -o one --model "$phantom"
must segment p/ct.nii.gz -o two --model refined.safetensors --pictures
grep -q "drawn anew on a finer grid" two/report.html || fail "the report does not tell of the refinement"
python3 - <<'PY' || fail "the glands are not those of the second network, or others are"
import gzip, json
one, two = (gzip.open(f"{folder}/labels.nii.gz").read()[352:] for folder in ("one", "two"))
glands = (8, 9)
assert any(a != b for a, b in zip(one, two)), "nothing was drawn anew"
assert all(a in glands or b in glands for a, b in zip(one, two) if a != b), "another organ changed"
truth = gzip.open("p/labels.nii.gz").read()[352:]
for gland in glands:
    both = sum(a == gland == b for a, b in zip(two, truth))
    dice = 2 * both / (two.count(gland) + truth.count(gland))
    assert dice > 0.6, (gland, dice)  # by weights of 3 mm, which see the same organ there
PY
run segment p/ct.nii.gz -o again --model refined.safetensors --threads 1
cmp two/labels.nii.gz again/labels.nii.gz || fail "the number of threads changed the labels"

"$source_dir/scripts/keep-organs" refined.safetensors few.safetensors Bone_Mandible || fail "no organ was kept"
run info few.safetensors --json
grep -q '"refinements": \[\]' "$scratch/stdout" || fail "keep-organs kept a refinement of organs that are gone"
add "$phantom" "$phantom" none.safetensors Glnd_Submand_L --size 40,40,32 2> "$scratch/refusal" &&
  fail "a network of nine organs was taken for one of one"
grep -q "has 9 organs, expected one" "$scratch/refusal" || fail "the refusal does not say why"
[[ ! -e none.safetensors ]] || fail "a file was left behind"
python3 - <<'PY'
data = open("refined.safetensors", "rb").read()
open("other.safetensors", "wb").write(data.replace(b"refinement.0.layer11.0.bias", b"refinement.0.layer11.0.bios"))
PY
run segment p/ct.nii.gz -o none --model other.safetensors
expect_status 4
grep -q "other.safetensors: refinement of Glnd_Submand_L, Glnd_Submand_R" "$scratch/stderr" ||
  fail "the refinement is not named"
