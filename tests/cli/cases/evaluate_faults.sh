# needs: io address-space
# A case that cannot be measured costs itself alone: it is named, in no figure, and the exit code says so.
make_patient p
for name in a b c large; do
  mkdir -p "truth/$name" "ours/$name"
  cp p/labels.nii.gz "truth/$name/"
  cp p/labels.nii.gz "ours/$name/"
done
python3 - <<'PY' || fail "the case could not prepare its label maps"
import gzip, struct

data = bytearray(gzip.open("p/labels.nii.gz").read())
size = (1000, 1000, 900)
struct.pack_into("<8h", data, 40, 3, *size, 1, 1, 1, 1)
struct.pack_into("<hh", data, 70, 2, 8)
with gzip.open("ours/large/labels.nii.gz", "wb", 9) as out:
    out.write(bytes(data[:352]))
    for z in range(size[2]):
        out.write(b"\1" * (size[0] * size[1]))
PY
head -c 700 p/labels.nii.gz > ours/b/labels.nii.gz
run_as bash -c 'ulimit -v 800000; exec "$0" "$@"' "$program" evaluate ours --truth truth -o out --threads 2
expect_status 7
grep -q '^anatomynet: error: b: .*b/labels.nii.gz: ' "$scratch/stderr" || fail "the damaged case is not named"
grep -q '^anatomynet: error: large: .*memory' "$scratch/stderr" || fail "the large case is not named"
grep -q '^anatomynet: error: evaluate: 2 cases' "$scratch/stderr" || fail "the end does not say how many"
python3 - <<'PY' || fail "the report is not what it should be"
import csv, json

j = json.load(open("out/evaluation.json"))
assert j["cases"] == 2 and [c["case"] for c in j["failed"]] == ["b", "large"], j["failed"]
assert "memory" in j["failed"][1]["why"], j["failed"]
assert j["mean_dice"] == 1
assert {row["case"] for row in csv.DictReader(open("out/evaluation.csv"))} == {"a", "c"}
assert "memory" in open("out/evaluation.html").read()
PY
# Where nothing can be measured the reason is that of the first.
rm -r ours/a ours/c ours/large
run evaluate ours --truth truth -o none
expect_refused 3 "b/labels.nii.gz"
