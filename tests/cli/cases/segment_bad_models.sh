# needs: io torch
# A weights file that is truncated, damaged, of another network, or none.
need_model
make_patient p
head -c 100000 "$model" > truncated.safetensors
echo "no model" > text.safetensors
: > empty.safetensors
python3 - "$model" <<'PY' || fail "the case could not prepare its weights files"
import json, struct, sys

data = open(sys.argv[1], "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header, body = json.loads(data[8:8 + length]), data[8 + length:]


def write(name, header, body):
    text = json.dumps(header).encode()
    open(name + ".safetensors", "wb").write(struct.pack("<Q", len(text)) + text + body)


first = next(key for key in header if key != "__metadata__")
at = header[first]["data_offsets"][0]
write("nan", header, body[:at] + struct.pack("<f", float("nan")) + body[at + 4:])
write("renamed", {("other." + k if k == first else k): v for k, v in header.items()}, body)
write("longer", header, body + bytes(16))
write("foreign", {k: v for k, v in header.items() if k != "__metadata__"}, body)
info = json.loads(header["__metadata__"]["anatomynet"])
for name, change in {"network": {"architecture": "resnet50"}, "organs": {"organs": info["organs"][:-1]},
                     "window": {"hu_low": 100, "hu_high": -100}, "future": {"format_version": 99}}.items():
    metadata = dict(header["__metadata__"], anatomynet=json.dumps({**info, **change}))
    write(name, {**header, "__metadata__": metadata}, body)
PY
for name in absent truncated text empty nan renamed longer foreign network organs window future; do
  run segment p/ct.nii.gz -o out --model "$name.safetensors"
  expect_refused 4 "$name.safetensors"
done
