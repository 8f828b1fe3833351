# needs: io
# Finished cases are known by content: a new date changes nothing, a changed voxel or option does.
made() { stat -c '%n %i' out/cases/*/labels.nii.gz; }
make_set s
must curate --kind nnunet s -o out --no-pictures
made > before
touch s/imagesTr/* s/labelsTr/*
must curate --kind nnunet s -o out --no-pictures
diff before <(made) >&2 || fail "unchanged cases were made again"
cp s/labelsTr/b.nii.gz keep.nii.gz
zcat keep.nii.gz | python3 -c '
import gzip, sys
b = bytearray(sys.stdin.buffer.read())
b[next(i for i in range(352, len(b)) if b[i] == 3)] = 0
sys.stdout.buffer.write(gzip.compress(bytes(b)))' > s/labelsTr/b.nii.gz
must curate --kind nnunet s -o out --no-pictures
[[ $(diff before <(made) | grep -c '^>') -eq 1 ]] || fail "one changed case, but another number was made again"
cp keep.nii.gz s/labelsTr/b.nii.gz
must curate --kind nnunet s -o out --no-pictures
must curate --kind nnunet s -o fresh --no-pictures
same_set out fresh
# A finished file with another bit, of the same size, is made again; a case without checksums, as earlier versions made
# it, is known by its sizes.
made > before
python3 - out/cases/nnunet_a/labels.nii.gz <<'PY' || fail "the case could not damage its file"
import os, sys

data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
os.unlink(sys.argv[1])  # the set's own folders hold hard links
open(sys.argv[1], "wb").write(data)
PY
must curate --kind nnunet s -o out --no-pictures
[[ $(diff before <(made) | grep -c '^>') -eq 1 ]] || fail "a damaged file was taken as finished"
same_set out fresh
python3 - <<'PY' || fail "the case could not write a description of old"
import json, os

path = "out/cases/nnunet_b/case.json"
j = json.load(open(path))
assert all(len(w["sha256"]) == 64 for w in j["written"].values()), j["written"]
j["written"] = {name: w["bytes"] for name, w in j["written"].items()}
os.unlink(path)
json.dump(j, open(path, "w"))
PY
made > before
must curate --kind nnunet s -o out --no-pictures
diff before <(made) >&2 || fail "a case of an earlier version was made again"
rm s/imagesTr/c_0000.nii.gz s/labelsTr/c.nii.gz
echo '[{"train": ["a", "b"], "val": ["d"]}]' > s/splits_final.json
must curate --kind nnunet s -o out --no-pictures
find out -name '*nnunet_c*' | grep -q . && fail "a case that is gone from its source is still there"
true
