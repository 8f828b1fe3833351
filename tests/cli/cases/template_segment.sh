# needs: io onednn
# segment puts derived structures beside the organs: masks, RTSTRUCT, SEG, report, summary, table of a batch.
need_model
make_patient p
cat > clinic.toml <<'T'
others = false
[organs]
Bone_Mandible = { name = "Unterkiefer" }
[derived]
Mandible_PRV = "Bone_Mandible + 8 mm"
Parotids = { is = "Parotid_L | Parotid_R", name = "Ohrspeichel" }
None = { is = "Bone_Mandible - Bone_Mandible", empty = "drop" }
Helper = { is = "Bone_Mandible + 1 mm", write = false }
T
run segment p/dicom -o out --model "$model" --template clinic.toml --mesh stl
expect_status 0
expect_output "Mandible_PRV"
expect_output "Bone_Mandible + 8 mm"
expect_output "empty: Bone_Mandible - Bone_Mandible"
expect_files out/masks/Mandible_PRV.nii.gz out/masks/Parotids.nii.gz out/masks/None.nii.gz out/masks/Brainstem.nii.gz \
  out/meshes/Mandible_PRV.stl
[[ ! -e out/masks/Helper.nii.gz ]] || fail "a structure that is not written has a mask"
grep -q 'id="derived-1000"' out/report.html || fail "the report does not show what was derived"
python3 - <<'PY' || fail "what was written does not agree"
import json
import nibabel, numpy, pydicom
from scipy.ndimage import distance_transform_edt as distance

read = lambda name: nibabel.load(f"out/masks/{name}.nii.gz")
mandible = read("Bone_Mandible")
inside = numpy.asarray(mandible.dataobj) > 0
prv = numpy.asarray(read("Mandible_PRV").dataobj) > 0
assert (prv == (distance(~inside, sampling=mandible.header.get_zooms()) <= 8 * (1 + 5e-7))).all()
assert prv.sum() > inside.sum() > 0
assert not numpy.asarray(read("None").dataobj).any()
names = [r.ROIName for r in pydicom.dcmread("out/rtstruct.dcm").StructureSetROISequence]
assert names == ["Unterkiefer", "Mandible_PRV", "Ohrspeichel"], names
assert [s.SegmentLabel for s in pydicom.dcmread("out/seg.dcm").SegmentSequence] == names
derived = {d["name"]: d for d in json.load(open("out/summary.json"))["derived"]}
assert set(derived) == {"Mandible_PRV", "Parotids", "None"}, derived
assert derived["Mandible_PRV"]["voxels"] == int(prv.sum()) and derived["Mandible_PRV"]["is"] == "Bone_Mandible + 8 mm"
assert abs(derived["Mandible_PRV"]["ml"] - prv.sum() * 0.216) < 1e-6
PY
grep -qF "warning: Helper: a margin of 1 mm changes nothing towards head and feet" "$scratch/stderr" ||
  fail "no word of a margin below a voxel"
# A second run without the template takes the derived masks away.
must segment p/dicom -o out --model "$model"
[[ ! -e out/masks/Mandible_PRV.nii.gz ]] || fail "a mask of an earlier run is left"
# Organs that were not asked for are not there to derive from.
run segment p/dicom -o few --model "$model" --organs Bone_Mandible --template clinic.toml
expect_status 0
grep -qF "warning: Parotids: left out, since there is no Parotid_L here" "$scratch/stderr" || fail "no word of it"
[[ -e few/masks/Mandible_PRV.nii.gz && ! -e few/masks/Parotids.nii.gz ]] || fail "not what can be derived"

must segment p -o batch --batch --match 'ct.nii.gz' --model "$model" --template clinic.toml
head -1 batch/summary.csv | grep -q "Mandible_PRV_ml,Parotids_ml,None_ml" || fail "$(head -1 batch/summary.csv)"
run segment p -o batch --batch --match 'ct.nii.gz' --model "$model" --template clinic.toml
expect_output "done before"
sed -i 's/8 mm/9 mm/' clinic.toml
run segment p -o batch --batch --match 'ct.nii.gz' --model "$model" --template clinic.toml
expect_output " 0 done before"
run segment p/dicom -o no --model "$model" --template none.toml
expect_refused 2 none.toml

# On slices that lie unevenly masks, contours and segments agree too.
edit_dicom 'd = None if i > 15 and i % 3 == 1 else d'
must segment p/dicom -o uneven --model "$model" --template clinic.toml --allow-gaps
must convert --ct p/dicom uneven/rtstruct.dcm -o contours --allow-gaps
must convert --ct p/dicom uneven/seg.dcm -o segments --allow-gaps
python3 - <<'PY' || fail "masks, contours and segments differ on uneven slices"
import nibabel, numpy
read = lambda path: numpy.asarray(nibabel.load(path + ".nii.gz").dataobj) > 0
mask = read("uneven/masks/Mandible_PRV")
assert mask.any() and (read("contours/Mandible_PRV") == mask).all() and (read("segments/Mandible_PRV") == mask).all()
PY
for file in uneven/rtstruct.dcm uneven/seg.dcm; do
  command -v dciodvfy > /dev/null || break
  dciodvfy "$file" > dciodvfy.log 2>&1
  grep '^Error' dciodvfy.log >&2 && fail "dciodvfy finds errors in $file"
done
true
