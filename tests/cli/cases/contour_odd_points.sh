# needs: io
# Contours of one point, of 100,000, with numbers that are none or lie nowhere: one rule each; the other contours stay.
must phantom --seed 9 --size 32x48x48 --spacing 6x6x6 -o p --dicom
must convert --ct p/dicom p/rtstruct.dcm -o truth
edit_rtstruct p/rtstruct.dcm odd.dcm '
roi = d.ROIContourSequence[0]
like = roi.ContourSequence[0]
own = points(like)
def add(new, kind="CLOSED_PLANAR"):
    item = contour(copy.deepcopy(like), new)
    item.ContourGeometricType = kind
    roi.ContourSequence.append(item)
    return item
add(own[:1])
add(own[:1], "POINT")
add(own[:2])
add(own, "OPEN_PLANAR")
add([(x, y, z + 9000.0) for x, y, z in own])
add([(1e30, y, z) for x, y, z in own])
add(own).NumberOfContourPoints = 10000000
# the same polygon with 100,000 points
fine = []
each = 100000 // len(own) + 1
for a, b in zip(own, own[1:] + own[:1]):
    fine += [tuple(p + (q - p) * k / each for p, q in zip(a, b)) for k in range(each)]
add(fine)'
python3 - <<'PY' || fail "the case could not prepare its contour that is no number"
# pydicom writes no such thing
raw = open("odd.dcm", "rb").read()
at = raw.index(b"1e+30")
open("odd.dcm", "wb").write(raw[:at] + b"nan  " + raw[at + 5:])
PY
organ=$(sed -n 2p truth/rois.csv | cut -d, -f1)
must convert --ct p/dicom odd.dcm -o masks
for mask in truth/*.nii.gz; do cmp "$mask" "masks/${mask#truth/}" || fail "odd contours change $mask"; done
for said in "2 contours of fewer than 3 distinct points, left out" "2 contours of type POINT or OPEN, which enclose nothing, left out" \
  "1 contour lies outside the image" "1 contour with coordinates that are missing or no numbers" "2 contours drawn twice on the same slice" \
  "another count than Number of Contour Points"; do
  grep "^$organ," masks/rois.csv | grep -qF "$said" || fail "'$said' is not in rois.csv: $(grep "^$organ," masks/rois.csv)"
done
must evaluate odd.dcm --truth p/labels.nii.gz --csv dice.csv
grep -q "warning: odd.dcm: $organ: 1 contour lies outside" "$scratch/stderr" || fail "evaluate says nothing"
# A contour that is not planar belongs to the others, wherever it stands.
edit_rtstruct p/rtstruct.dcm bent.dcm '
of_first = d.ROIContourSequence[0].ContourSequence
item = of_first[len(of_first) // 2]
contour(item, [(x, y, z + 1.3 * math.sin(i)) for i, (x, y, z) in enumerate(points(item))])'
must convert --ct p/dicom bent.dcm -o flat
grep -q "warning: $organ: 1 contour not planar" "$scratch/stderr" || fail "the bent contour is not said"
grep -E "orientations|between contours" "$scratch/stderr" && fail "the bent contour counts as another direction"
for mask in truth/*.nii.gz; do cmp "$mask" "flat/${mask#truth/}" || fail "a bent contour changes $mask"; done
exit 0
