# needs: io onednn
# Results against a baseline: nothing moved, then HU that did; the exit code says so, and no case is named.
need_model
mkdir cts
for i in $(seq 1 16); do
  must phantom --seed "$i" --size 24x32x32 --spacing 8x8x8 -o "p$i"
  mv "p$i/ct.nii.gz" "cts/Doe_Jane_${i}_ct.nii.gz"
done
must segment --batch cts --match '*_ct.nii.gz' -o baseline --model "$model"
run watch baseline --baseline baseline -o same
expect_status 0
expect_output "nothing moved: 16 cases against 16"
expect_files same/watch.html same/watch.json
grep -q 'polyline{fill:none' same/watch.html || fail "the page lacks the charts' style"

mkdir shifted
python3 - <<'PY' || fail "cannot shift the CTs"
import glob, gzip, os, struct
for path in glob.glob("cts/*.gz"):
    data = bytearray(gzip.open(path).read())
    start = int(struct.unpack_from("<f", data, 108)[0])
    values = struct.unpack_from("<%dh" % ((len(data) - start) // 2), data, start)
    struct.pack_into("<%dh" % len(values), data, start, *(v + 150 if v > -900 else v for v in values))
    gzip.open("shifted/" + os.path.basename(path), "wb").write(data)
PY
must segment --batch shifted --match '*_ct.nii.gz' -o arrivals --model "$model"
run watch arrivals --baseline baseline -o moved
expect_status 9
expect_output "moved: "
expect_output "soft tissue from"
expect_output "#16"
python3 - <<'PY' || fail "the record is not what it should be"
import json
record = json.load(open("moved/watch.json"))
moved = {m["key"]: m for m in record["moved"]}
assert 120 < moved["soft_tissue_hu"]["now"] - moved["soft_tissue_hu"]["before"] < 180, moved
page = open("moved/watch.html").read()
for word in ("http://", "https://", "<script", "src=\"/", "url("):
    assert word not in page, word
PY
if grep -rlE 'Doe|Jane' moved "$scratch/stdout"; then fail "a case's folder is named"; fi

run watch arrivals
expect_refused 3 "none is left to watch" "--baseline"
run watch cts
expect_refused 3 "cts" "no results"
