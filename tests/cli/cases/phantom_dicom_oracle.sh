# needs: io
# Other programs read the phantom's DICOM form and find the truth in it, voxel by voxel.
command -v plastimatch >/dev/null && command -v dciodvfy >/dev/null || skip "needs plastimatch and dciodvfy"
must phantom --seed 6 --size 48x80x80 -o p --dicom
for file in p/dicom/CT0001.dcm p/rtstruct.dcm; do
  dciodvfy "$file" > dciodvfy.log 2>&1
  grep '^Error' dciodvfy.log >&2 && fail "dciodvfy finds errors in $file"
done
plastimatch convert --input p/rtstruct.dcm --referenced-ct p/dicom --output-prefix masks --prefix-format nrrd \
  > plastimatch.log 2>&1 || fail "plastimatch cannot read the RTSTRUCT: $(tail -3 plastimatch.log)"
python3 - <<'PY' || fail "plastimatch's masks differ from the phantom's labels"
import gzip, json, struct, zlib

raw = gzip.open("p/labels.nii.gz").read()
labels = raw[int(struct.unpack("<f", raw[108:112])[0]):]
for organ in json.load(open("p/phantom.json"))["organs"]:
    header, mask = open(f"masks/{organ['name']}.nrrd", "rb").read().split(b"\n\n", 1)
    if b"encoding: gzip" in header:
        mask = zlib.decompress(mask, 31)
    assert b"sizes: 80 80 48" in header and len(mask) == len(labels) == 80 * 80 * 48, header
    different = sum((label == organ["id"]) != (inside > 0) for label, inside in zip(labels, mask))
    assert organ["voxels"] > 0 and different == 0, (organ, different)
PY
