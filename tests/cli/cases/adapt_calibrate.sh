# needs: io torch
# A clinic that ends the brain stem 12 mm lower: found without training, offered, and cut by segment; a second
# adaptation starts from that. Synthetic patients on a coarse grid, so that it takes seconds.
make_set set
base=$source_dir/models/anatomynet-phantom.safetensors

# The clinic's contours are those of the weights, which go on 12 mm (two slices) beyond: nothing else differs.
cp -r set local
rm local/splits_final.json
for image in local/imagesTr/*_0000.nii.gz; do
  name=$(basename "$image" _0000.nii.gz)
  must segment "$image" --model "$base" -o "as-$name" -q --threads 1
  cp "as-$name/labels.nii.gz" "local/labelsTr/$name.nii.gz"
done
python3 - <<'PY' || fail "the labels could not be made"
import glob, gzip, struct
for path in glob.glob("local/labelsTr/*.nii.gz"):
    data = bytearray(gzip.open(path).read())
    nx, ny, nz = struct.unpack_from("<3h", data, 42)
    start = int(struct.unpack_from("<f", data, 108)[0])
    size = struct.unpack_from("<h", data, 72)[0] // 8
    assert len(data) == start + nx * ny * nz * size
    stem = [z for z in range(nz) for i in range(nx * ny) if data[start + (z * nx * ny + i) * size] == 1]
    top = max(stem)
    assert top - min(stem) > 4, "a brain stem of few slices"
    for z in (top, top - 1):
        for i in range(nx * ny):
            at = start + (z * nx * ny + i) * size
            if data[at] == 1:
                data[at] = 0
    gzip.open(path, "wb").write(bytes(data))
PY
run adapt local -o adapted --from "$base" --no-training --threads 1
expect_status 0
expect_output "Brainstem: offered, calibrated"
expect_files adapted/adapted.safetensors adapted/adaptation.html adapted/adaptation.json adapted/cases.csv
[[ ! -e adapted/work ]] || fail "what a stopped run needs was left behind"
python3 - <<'PY' || fail "the record is not what it should be"
import json
record = json.load(open("adapted/adaptation.json"))
assert record["offered"] == ["Brainstem"] and record["learnt"] == [] and record["rounds"] == [], record["offered"]
assert record["calibration"]["chosen"]["Brainstem"]["ends"] == {"upper_mm": 12, "lower_mm": 0}, record["calibration"]["chosen"]
stem = [o for o in record["calibration"]["organs"] if o["organ"] == "Brainstem"][0]
assert stem["after"] > 0.99 and stem["cases"] == 4, stem
page = open("adapted/adaptation.html").read()
for word in ("http://", "https://", "<script", "src=\"/", "url("):
    assert word not in page, word
assert "12.0" in page and "calibrated for Brainstem" in page
PY

# segment cuts, says so, and leaves all else.
image=$(ls local/imagesTr/*_0000.nii.gz | head -1)
must segment "$image" --model adapted/adapted.safetensors -o cut -q --threads 1
must segment "$image" --model "$base" -o whole -q --threads 1
python3 - <<'PY' || fail "segment does not cut the ends"
import gzip, json, struct
def slices(folder):
    data = gzip.open(folder + "/labels.nii.gz").read()
    nx, ny, nz = struct.unpack_from("<3h", data, 42)
    start, size = int(struct.unpack_from("<f", data, 108)[0]), struct.unpack_from("<h", data, 72)[0] // 8
    plane = nx * ny * size
    return [data[start + z * plane:start + (z + 1) * plane:size] for z in range(nz)]
cut, whole = slices("cut"), slices("whole")
top = max(z for z, s in enumerate(whole) if 1 in s)
for z in range(len(whole)):
    expected = bytes(0 if v == 1 and z > top - 2 else v for v in whole[z])
    assert cut[z] == expected, f"slice {z}"
changes = {p["name"]: p for p in json.load(open("cut/quality.json"))["post_processing"]}
assert changes["Brainstem"]["ends_cut"]["upper_mm"] == 12 and changes["Brainstem"]["ends_cut"]["ml"] > 0, changes
flags = [[f["code"] for o in json.load(open(folder + "/quality.json"))["organs"] for f in o["flags"]
          if f["code"] != "weak-evidence"] for folder in ("cut", "whole")]  # four scans are few
assert flags[0] == flags[1], flags
assert "cut at its ends" in open("cut/report.html").read()
PY
run info adapted/adapted.safetensors --json
expect_status 0
expect_output '"organ_ends"'

# From these weights on there is nothing to gain.
run adapt local -o again --from adapted/adapted.safetensors --no-training --threads 1
expect_status 0
expect_output "Brainstem: not offered"
[[ ! -e again/adapted.safetensors ]] || fail "weights without a gain"
