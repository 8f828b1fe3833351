# needs: io
# Derived structures of a template are those that SciPy's exact distance transform gives, on voxels of unequal sides.
must phantom --seed 9 --size 60x96x80 --spacing 3x1.9x2.3 -o p --dicom
cat > clinic.toml <<'T'
order = ["Parotids", "Brainstem"]

[organs]
Brainstem = { name = "Hirnstamm", type = "AVOIDANCE" }

[derived]
Brainstem_PRV03 = "Brainstem + 3 mm"
Cord_PRV = { is = "Brainstem + [left 7, right 3, anterior 2, posterior 9, superior 12] mm", name = "PRV 6", colour = [1, 2, 3], type = "CONTROL" }
Parotids = "Parotid_L | Parotid_R"
Near = "(Bone_Mandible + 8.5 mm) & Parotids"
Core = "Bone_Mandible + 6 mm - 4.5 mm"
Ring = "ring(Parotid_L, 2 mm, 9 mm)"
Outline = { is = "Body", type = "EXTERNAL" }
Skin = "Body - (Outline - 5 mm)"
Cropped = "crop(Parotid_L + 30 mm, 4 mm)"
Helper = { is = "Brainstem + 20 mm", write = false }
Rest = "Helper - (Brainstem_PRV03 | Parotids)"
T
must convert --ct p/dicom p/labels.nii.gz -o seg.dcm --dicom seg --template clinic.toml
must convert --ct p/dicom p/labels.nii.gz -o rt.dcm --template clinic.toml
must convert --ct p/dicom seg.dcm -o masks
must convert --ct p/dicom rt.dcm -o rt_masks
python3 - <<'PY' || fail "derived structures are not what SciPy makes"
import glob
import nibabel, numpy, pydicom
from scipy.ndimage import distance_transform_edt as distance, binary_fill_holes, label

image = nibabel.load("p/labels.nii.gz")
labels = numpy.asarray(image.dataobj)
spacing = image.header.get_zooms()
assert nibabel.aff2axcodes(image.affine) in (("L", "P", "S"), ("R", "A", "S")), nibabel.aff2axcodes(image.affine)
grow = lambda m, mm: distance(~m, sampling=spacing) <= mm * (1 + 5e-7)
shrink = lambda m, mm: distance(m, sampling=spacing) > mm * (1 + 5e-7)


def six(mask, **mm):
    """Ellipsoid octants, voxel by voxel of a box about each voxel of the mask."""
    out = mask.copy()
    lps = nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    sides = [("left", "right"), ("posterior", "anterior"), ("superior", "inferior")]
    reach = [int(20 / s) + 1 for s in spacing]
    ball = numpy.zeros([2 * r + 1 for r in reach], bool)
    for index in numpy.ndindex(*ball.shape):
        total = 0.0
        for k in range(3):
            step = index[k] - reach[k]
            forward = (step > 0) == (lps or k == 2)
            if step:
                m = mm.get(sides[k][0 if forward else 1], 0)
                total += (step * spacing[k] / m) ** 2 if m else numpy.inf
        ball[index] = total <= 1 + 1e-6
    for x, y, z in numpy.argwhere(mask):
        part = out[x - reach[0]:x + reach[0] + 1, y - reach[1]:y + reach[1] + 1, z - reach[2]:z + reach[2] + 1]
        part |= ball
    return out


organ = lambda n: labels == n
brainstem, mandible, left, right = organ(1), organ(3), organ(6), organ(7)
ring_in, ring_out = grow(left, 2), grow(left, 9)
expected = {
    "Brainstem_PRV03": grow(brainstem, 3),
    "PRV 6": six(brainstem, left=7, right=3, anterior=2, posterior=9, superior=12),
    "Parotids": left | right,
    "Near": grow(mandible, 8.5) & (left | right),
    "Core": shrink(grow(mandible, 6), 4.5),
    "Ring": ring_out & ~ring_in,
    "Rest": grow(brainstem, 20) & ~grow(brainstem, 3) & ~left & ~right,
    "Hirnstamm": brainstem,
}
files = {}
for folder in ("masks", "rt_masks"):
    for line in open(folder + "/rois.csv").read().splitlines()[1:]:
        cells = line.split(",")
        files[folder, cells[0]] = folder + "/" + cells[-1]
read = lambda folder, name: numpy.asarray(nibabel.load(files[folder, name]).dataobj) > 0
for name, mask in expected.items():
    assert mask.any(), name
    for folder in ("masks", "rt_masks"):
        assert (read(folder, name) == mask).all(), (folder, name, read(folder, name).sum(), mask.sum())

tissue = numpy.asarray(nibabel.load("p/ct.nii.gz").dataobj) > -300
pieces, _ = label(shrink(tissue, 4))
core = pieces == numpy.bincount(pieces[pieces > 0]).argmax()
filled = lambda m: numpy.stack([binary_fill_holes(m[..., z]) for z in range(m.shape[2])], axis=2)
body = read("masks", "Outline")
assert (core <= body).all() and (body == filled(body)).all() and (body[labels > 0]).all()
assert (body <= filled(tissue & grow(core, 4 + max(spacing)))).all() and (body | tissue).sum() > body.sum(), "couch"
assert (read("masks", "Skin") == body & ~shrink(body, 5)).all()
assert (read("masks", "Cropped") == grow(left, 30) & shrink(body, 4)).all()

rt, seg = pydicom.dcmread("rt.dcm"), pydicom.dcmread("seg.dcm")
names = [r.ROIName for r in rt.StructureSetROISequence]
assert names == [s.SegmentLabel for s in seg.SegmentSequence], names
assert names[:2] == ["Parotids", "Hirnstamm"] and "Helper" not in names, names
assert names[-9:] == ["Brainstem_PRV03", "PRV 6", "Near", "Core", "Ring", "Outline", "Skin", "Cropped", "Rest"], names
types = {n: o.RTROIInterpretedType for n, o in zip(names, rt.RTROIObservationsSequence)}
assert types["Hirnstamm"] == "AVOIDANCE" and types["PRV 6"] == "CONTROL" and types["Outline"] == "EXTERNAL"
assert types["Parotids"] == "ORGAN"
roi = rt.StructureSetROISequence[names.index("Near")]
assert roi.ROIDescription == "(Bone_Mandible + 8.5 mm) & Parotids"
assert list(rt.ROIContourSequence[names.index("PRV 6")].ROIDisplayColor) == [1, 2, 3]
PY
