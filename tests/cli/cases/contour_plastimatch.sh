# needs: io
# Overlaps, holes and repeats against plastimatch, which unites contours of a slice, or with --xor-contours takes the
# even-odd rule: each where its rule is ours too.
command -v plastimatch >/dev/null || skip "needs plastimatch"
must phantom --seed 9 --size 16x64x64 --spacing 3x2x2 -o p --dicom
edit_rtstruct p/rtstruct.dcm base.dcm '
del d.StructureSetROISequence[2:], d.ROIContourSequence[2:], d.RTROIObservationsSequence[2:]
zs = sorted(pydicom.dcmread(os.path.join("p/dicom", f), stop_before_pixels=True).ImagePositionPatient[2] for f in os.listdir("p/dicom"))
first = pydicom.dcmread(os.path.join("p/dicom", sorted(os.listdir("p/dicom"))[0]), stop_before_pixels=True)
x0, y0 = (float(v) for v in first.ImagePositionPatient[:2])
like = contours[0]
def disc(x, y, r, z, n=90):
    return [(x0 + x + r * math.cos(2 * math.pi * k / n), y0 + y + r * math.sin(2 * math.pi * k / n), float(zs[z])) for k in range(n)]
def fill(roi, drawn):
    roi.ContourSequence = pydicom.sequence.Sequence([contour(copy.deepcopy(like), c) for c in drawn])
one, two = d.ROIContourSequence
random.seed(8)
overlaps, holes = [], []
for z in range(2, 13):
    x, y, r = random.uniform(40, 60), random.uniform(40, 60), random.uniform(12, 25)
    overlaps += [disc(x, y, r, z), disc(x + 1.1 * r, y, 0.8 * r, z), disc(x, y + 0.9 * r, r, z)]
    holes += [disc(x, y, r, z), disc(x + 1, y, 0.6 * r, z), disc(x, y, 0.25 * r, z), disc(x + 2 * r + 9, y, 6, z)]
fill(one, overlaps)
fill(two, holes)'
cat > compare.py <<'PY'
import glob, os, re, sys, zlib
def read(path):
    header, data = open(path, "rb").read().split(b"\n\n", 1)
    if b"encoding: gz" in header:
        data = zlib.decompress(data, 31)
    return data.translate(bytes([0]) + bytes([1]) * 255)
def named(folder):
    return {re.sub("[^0-9a-z]", "", os.path.basename(f)[:-5].lower()): read(f) for f in glob.glob(folder + "/*.nrrd")}
ours, theirs, n = named(sys.argv[1]), named(sys.argv[2]), int(sys.argv[3])
names = sorted(ours)
assert names == sorted(theirs) and len(names) == 2, (names, sorted(theirs))
first = open("order").read().split()[n]
a, b = ours[first], theirs[first]
assert sum(a) > 500 and a == b, (first, sum(a), sum(b), sum(x != y for x, y in zip(a, b)))
PY
must convert --ct p/dicom base.dcm -o ours --format nrrd
sed 1d ours/rois.csv | cut -d, -f1 | tr 'A-Z' 'a-z' | tr -cd 'a-z0-9\n' > order
theirs() {
  plastimatch convert --input "$1" --referenced-ct p/dicom --output-prefix "$2" --prefix-format nrrd "${@:3}" > plastimatch.log 2>&1 ||
    fail "plastimatch: $(tail -3 plastimatch.log)"
}
theirs base.dcm union
theirs base.dcm xor --xor-contours
python3 compare.py ours union 0 || fail "overlapping contours are not united as plastimatch does"
python3 compare.py ours xor 1 || fail "holes and islands are not those of plastimatch --xor-contours"
# Every contour twice: plastimatch's union does not change, nor does any mask of ours.
edit_rtstruct base.dcm twice.dcm '
for roi in d.ROIContourSequence:
    for c in list(roi.ContourSequence):
        own = points(c)
        roi.ContourSequence.append(contour(copy.deepcopy(c), (own[5:] + own[:5])[::-1]))'
must convert --ct p/dicom twice.dcm -o again --format nrrd
for mask in ours/*.nrrd; do cmp "$mask" "again/${mask#ours/}" || fail "a repeat changes $mask"; done
# The same as CLOSEDPLANAR_XOR: even-odd for all of them.
edit_rtstruct base.dcm kind.dcm '
for c in contours:
    c.ContourGeometricType = "CLOSEDPLANAR_XOR"'
must convert --ct p/dicom kind.dcm -o kind --format nrrd
python3 compare.py kind xor 0 || fail "CLOSEDPLANAR_XOR contours are not combined by XOR"
python3 compare.py kind xor 1 || fail "CLOSEDPLANAR_XOR contours are not combined by XOR"
