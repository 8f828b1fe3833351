# needs: io torch
# A packed set trains as its folder does, to the last digit of every weight, and zlib alone reads it.
make_set s
must curate --kind nnunet s -o out --no-pictures --pack 6
expect_files out/packed-6mm.safetensors
cat > tiny.toml <<'TOML'
seed = 3
[input]
hu = [-200, 1400]
spacing_mm = [6, 6, 6]
[[phase]]
epochs = 2
crop = [16, 16, 16]
TOML
for from in out out/packed-6mm.safetensors; do
  must train --config tiny.toml --data "$from" --out "run-${from##*/}" --threads 1 --device cpu
  grep '^epoch' "$scratch/stdout" > "scores-${from##*/}"
done
cmp scores-out scores-packed-6mm.safetensors || fail "validation differs"
cmp run-out/best.safetensors run-packed-6mm.safetensors/best.safetensors || fail "the weights differ"
cmp run-out/best_validation.json run-packed-6mm.safetensors/best_validation.json || fail "the Dice differ"
must train --config tiny.toml --data out --pack own.safetensors
python3 - <<'PY' || fail "the packed file does not hold the folder's voxels"
import gzip, json, struct, zlib

def read(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    about = json.loads(head["__metadata__"]["anatomynet_set"])
    def array(name):
        begin, end = head[name]["data_offsets"]
        return zlib.decompress(raw[8 + n + begin:8 + n + end])
    return about, array

def ct(raw, nx, ny, nz):
    lengths, at, parts = struct.unpack("<7I", raw[:28]), 28, []
    for n in lengths:
        parts.append(iter(raw[at:at + n]))
        at += n
    v = {}
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                g = lambda i, j, k: v.get((i, j, k), -1000)
                med = lambda *t: sorted(t)[1]
                w, n, nw, ne = g(x - 1, y, z), g(x, y - 1, z), g(x - 1, y - 1, z), g(x + 1, y - 1, z)
                guess, d = med(w, n, w + n - nw), abs(w - nw) + abs(n - nw) + abs(ne - n)
                if z:
                    p, pw, pn = g(x, y, z - 1), g(x - 1, y, z - 1), g(x, y - 1, z - 1)
                    guess = med(guess, w + p - pw, n + p - pn)
                    d += abs(w - pw) + abs(n - pn) + abs(p - pw) + abs(p - pn)
                part = 0 if d == 0 else 1 + sum(d >= t for t in (16, 64, 200, 600))
                f = next(parts[part])
                if f == 255:
                    f = next(parts[6]) | next(parts[6]) << 8
                value = (guess + (-(f // 2) - 1 if f % 2 else f // 2)) & 0xffff
                v[x, y, z] = value - 0x10000 if value > 0x7fff else value
    return [v[x, y, z] for z in range(nz) for y in range(ny) for x in range(nx)]

about, array = read("out/packed-6mm.safetensors")
other, theirs = read("own.safetensors")
assert len(about["training"]) == 3 and len(about["validation"]) == 1
case = about["training"][0]
nx, ny, nz = case["grid"]["size"]
found = ct(array(case["id"] + "/image"), nx, ny, nz)
nifti = gzip.open("out/imagesTr/" + case["id"] + "_0000.nii.gz").read()
assert struct.unpack_from("<3h", nifti, 42) == (nx, ny, nz) and struct.unpack_from("<h", nifti, 70)[0] == 4
offset = int(struct.unpack_from("<f", nifti, 108)[0])
assert found == list(struct.unpack_from("<%dh" % len(found), nifti, offset)), "image"
labels = array(case["id"] + "/labels")
nifti = gzip.open("out/labelsTr/" + case["id"] + ".nii.gz").read()
offset = int(struct.unpack_from("<f", nifti, 108)[0])
assert labels == nifti[offset:offset + len(labels)], "labels"
for c in about["training"] + about["validation"]:
    for part in ("image", "labels", "truth"):
        assert array(c["id"] + "/" + part) == theirs(c["id"] + "/" + part)
PY
sed -i 's/6, 6, 6/5, 6, 6/' tiny.toml
run train --config tiny.toml --data out/packed-6mm.safetensors --out other
expect_refused 3 "packed-6mm.safetensors" "5"
sed -i 's/5, 6, 6/6, 6, 6/' tiny.toml
head -c 20000 out/packed-6mm.safetensors > cut.safetensors
run train --config tiny.toml --data cut.safetensors --out other
expect_refused 3 "cut.safetensors" "truncated"
must curate --kind nnunet s -o out --no-pictures
[[ ! -e out/packed-6mm.safetensors ]] || fail "a packed set of an earlier run was left beside the new data set"
run curate --kind nnunet s -o out --shard 1/2 --pack 6
expect_status 2
