# needs: io
# scripts/organ-boxes: boxes of the CT about an organ and their contours, the other side mirrored, training boxes about
# the contour and validation boxes about what was drawn before; of clinics what is usable and whole.
mkdir -p openkbp/train openkbp/validation
for scan in 1:train 2:validation; do
  number=${scan%:*} folder=openkbp/${scan#*:}
  must phantom --seed "$number" --size 60x90x90 --spacing 3x2.6x2.6 -o "p$number"
  cp "p$number/ct.nii.gz" "$folder/pt_${number}_ct.nii.gz"
  cp "p$number/labels.nii.gz" "$folder/pt_${number}_labels.nii.gz"
  cp "p$number/labels.nii.gz" "$folder/pt_${number}_labels_dm.nii.gz"
done
mkdir -p drawn/pt_2/masks
python3 - <<'PY' || fail "no data set was laid out"
import nibabel, numpy
def save(path, voxels, affine):
    nibabel.save(nibabel.Nifti1Image(voxels.astype(numpy.uint8), affine), path)
labels = nibabel.load("p2/labels.nii.gz")
for value, organ in ((8, "Glnd_Submand_L"), (9, "Glnd_Submand_R")):
    drawn = numpy.roll(numpy.asarray(labels.dataobj) == value, 3, axis=0)  # what was drawn lies three voxels off
    save(f"drawn/pt_2/masks/{organ}.nii.gz", drawn, labels.affine)
for number, folder in ((1, "train"), (2, "validation")):
    voxels = numpy.asarray(nibabel.load(f"p{number}/labels.nii.gz").dataobj)
    larynx = numpy.zeros_like(voxels)
    larynx[40:48, 40:48, 10:18] = 11
    save(f"openkbp/{folder}/pt_{number}_more.nii.gz", larynx, nibabel.load(f"p{number}/labels.nii.gz").affine)
usable = "Brainstem_usable,Mandible_usable,LeftParotid_usable,RightParotid_usable"
open("openkbp/cases.csv", "w").write(f"id,{usable}\npt_1,1,0,1,0\npt_2,1,1,1,1\n")
open("openkbp/cases_more.csv", "w").write("id,larynx_annotated,larynx_cut_percent,oesophagus_annotated\n"
                                          "pt_1,1,,0\npt_2,1,12.5,0\n")
PY
boxes() { "$source_dir/scripts/organ-boxes" openkbp "$@" > boxes.log 2>&1; }
boxes glands --organs Glnd_Submand_L,Glnd_Submand_R --size 48,48,36 --contours drawn || fail "no boxes of glands"
grep -q "2 training boxes, 2 validation boxes" boxes.log || fail "the boxes are not counted"
python3 - <<'PY' || fail "the boxes do not show the organ as they should"
import json, nibabel, numpy
from scipy import ndimage
about = json.load(open("glands/dataset.json"))
assert json.load(open("glands/splits_final.json"))[0]["val"] == ["pt_2_dm_Glnd_Submand_L", "pt_2_dm_Glnd_Submand_R"]
for number in (1, 2):
    ct, labels = nibabel.load(f"p{number}/ct.nii.gz"), nibabel.load(f"p{number}/labels.nii.gz")
    hu, organs = numpy.asarray(ct.dataobj, float), numpy.asarray(labels.dataobj)
    for value, organ in ((8, "Glnd_Submand_L"), (9, "Glnd_Submand_R")):
        case = about["dataset"][f"pt_{number}_dm_{organ}"]
        box, mask = nibabel.load(case["images"][0]), numpy.asarray(nibabel.load(case["label"]).dataobj)
        image = numpy.asarray(box.dataobj, float)
        assert image.shape == ((62, 62, 46) if number == 1 else (48, 48, 36)), image.shape
        ml = mask.sum() * 1.5 * 1.5 * 2, (organs == value).sum() * numpy.prod(labels.header.get_zooms())
        assert abs(ml[0] / ml[1] - 1) < 0.06, ml
        # Each voxel of the box shows the CT at its place; in mirrored ones the first axis runs the other way.
        voxels = numpy.argwhere(organs == value)
        if number == 2:
            voxels = voxels + [3, 0, 0]
        centre = ct.affine[:3, :3] @ voxels.mean(0) + ct.affine[:3, 3]
        if number == 1:
            assert numpy.abs(numpy.argwhere(mask).mean(0) - (numpy.array(mask.shape) - 1) / 2).max() < 0.3
        way = numpy.diag(box.header.get_zooms())
        way[0] *= -1 if value == 9 else 1
        grid = numpy.moveaxis(numpy.indices(image.shape), 0, -1) - (numpy.array(image.shape) - 1) / 2
        at = (grid @ way.T + centre - ct.affine[:3, 3]) @ numpy.linalg.inv(ct.affine[:3, :3]).T
        expected = ndimage.map_coordinates(hu, numpy.moveaxis(at, -1, 0), order=1, mode="nearest")
        assert not numpy.abs(expected - image).max() > 0.51, numpy.abs(expected - image).max()
PY
boxes clinic --organs Larynx --hands clinic --size 40,40,40 --spacing 2,2,2.5 --contours drawn ||
  fail "no boxes of a clinic's larynx"
grep -q "1 training boxes, 0 validation boxes" boxes.log || fail "a larynx that the volume's end cuts off was taken"
boxes right --organs Parotid_R --hands clinic && grep -q "0 training boxes" boxes.log ||
  fail "a contour that is not usable was taken"
boxes one --organs Glnd_Submand_L --scans pt_2 && grep -q "1 training boxes" boxes.log || fail "--scans chose no scan"
boxes none --organs Lips && fail "an organ without boxes was taken"
grep -q "no box is made of Lips" boxes.log || fail "the refusal does not name the organ"
