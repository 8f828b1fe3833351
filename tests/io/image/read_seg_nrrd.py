"""Prints a segmentation NRRD as lines of text with the standard library alone: an independent oracle."""
import gzip
import sys

raw = open(sys.argv[1], "rb").read()
header, data = raw.split(b"\n\n", 1)
lines = header.decode("utf-8").split("\n")
assert lines[0].startswith("NRRD000"), lines[0]
fields, keys = {}, {}
for line in lines[1:]:
    if line.startswith("#"):
        continue
    if ":=" in line:
        key, value = line.split(":=", 1)
        keys[key] = value
    else:
        key, value = line.split(": ", 1)
        fields[key] = value
assert fields["type"] in ("unsigned char", "uchar", "uint8"), fields["type"]
assert fields["encoding"] in ("gzip", "gz"), fields["encoding"]
size = [int(n) for n in fields["sizes"].split()]
voxels = gzip.decompress(data)
assert len(voxels) == size[0] * size[1] * size[2]
print("space", fields["space"])
print("representation", keys["Segmentation_MasterRepresentation"], keys["Segmentation_ContainedRepresentationNames"])
print("origin", *[round(float(v), 3) for v in fields["space origin"].strip("()").split(",")])
for i in range(1000):
    segment = "Segment%d_" % i
    if segment + "ID" not in keys:
        break
    value = int(keys[segment + "LabelValue"])
    at = [j for j, v in enumerate(voxels) if v == value]
    xyz = [[j % size[0] for j in at], [j // size[0] % size[1] for j in at], [j // (size[0] * size[1]) for j in at]]
    extent = " ".join("%d %d" % (min(k), max(k)) if k else "0 -1" for k in xyz)
    assert keys[segment + "Extent"] == extent, (keys[segment + "Extent"], extent)
    assert keys[segment + "Layer"] == "0"
    print("segment", keys[segment + "Name"], value, len(at), keys[segment + "Color"])
    print("tags", keys[segment + "Tags"])
