# needs: io onednn
# --organs: only these are written, everywhere, and their labels are those of a run with all organs.
need_model
make_patient p
must segment p/dicom -o all --model "$model"
must segment p/dicom -o some --model "$model" --organs ' parotid_r, BrainStem,8' --mesh stl
[[ $(ls some/masks) == "Brainstem.nii.gz
Glnd_Submand_L.nii.gz
Parotid_R.nii.gz" ]] || fail "other masks than those asked for: $(ls some/masks)"
[[ ! -e some/meshes/Parotid_L.stl && -e some/meshes/Parotid_R.stl ]] || fail "other meshes than those asked for"
for organ in Brainstem Glnd_Submand_L Parotid_R; do
  cmp {all,some}/masks/$organ.nii.gz || fail "the mask of $organ is another than in a run with all organs"
done
[[ $(awk 'NR > 1 && !/^whole CT/ {print $1}' "$scratch/stdout" | paste -sd,) == Brainstem,Parotid_R,Glnd_Submand_L ]] ||
  fail "other organs on stdout"
python3 - <<'PY' || fail "a file holds other organs than those asked for, or other labels"
import gzip, json, pydicom
chosen = {1: "Brainstem", 7: "Parotid_R", 8: "Glnd_Submand_L"}
voxels = lambda d: gzip.open(d + "/labels.nii.gz").read()[352:]
assert voxels("some") == bytes(v if v in chosen else 0 for v in voxels("all"))
names = list(chosen.values())
assert [r.ROIName for r in pydicom.dcmread("some/rtstruct.dcm").StructureSetROISequence] == names
assert [s.SegmentLabel for s in pydicom.dcmread("some/seg.dcm").SegmentSequence] == names
assert [o["name"] for o in json.load(open("some/summary.json"))["organs"]] == names
every, few = (json.load(open(d + "/quality.json")) for d in ("all", "some"))
assert few["organs"] == [o for o in every["organs"] if o["id"] in chosen]
assert few["flags"] == every["flags"]
table = open("some/report.html").read().split('<table class="organs">')[1].split("</table>")[0]
assert "Parotid_R" in table and "Parotid_L" not in table
PY

# To a batch the same organs in other words are the same settings; others are not.
mkdir cohort
cp p/ct.nii.gz cohort
batch() { run segment --batch cohort -o batch --model "$model" "$@"; }
batch --organs Parotid_L,Parotid_R
expect_output "1 cases: 1 done, 0 done before"
python3 - <<'PY' || fail "summary.csv: expected volumes of the organs asked for alone"
import csv
row, = csv.DictReader(open("batch/summary.csv"))
assert {k for k, v in row.items() if k.endswith("_ml") and v} == {"Parotid_L_ml", "Parotid_R_ml"}, row
PY
batch --organs 7,6,parotid_l
expect_output "1 cases: 0 done, 1 done before"
batch
expect_output "1 cases: 1 done, 0 done before"
batch --organs all
expect_output "1 cases: 0 done, 1 done before"
batch --organs Parotid_L
expect_output "1 cases: 1 done, 0 done before"
[[ $(ls batch/ct/masks) == Parotid_L.nii.gz ]] || fail "masks of the run before are still there"

# A names file may name organs that are not asked for.
printf '[organs]\nParotid_L = { name = "Parotis li" }\nBrainstem = { name = "Stamm" }\n' > names.toml
must segment p/dicom -o named --model "$model" --organs Brainstem --names names.toml --dicom rtstruct

run segment p/ct.nii.gz -o out --model "$model" --organs Parotid_L,Parotis_R
expect_refused 2 "has no organ 'Parotis_R'" "Parotid_R"
run segment p/ct.nii.gz -o out --model "$model" --organs Larynx
expect_refused 2 "has no organ 'Larynx'"
for list in '' , Parotid_L, 'Parotid_L;Parotid_R' 0 10 -1 1.5 99999999999999999999 all,1; do
  run segment p/ct.nii.gz -o out --model "$model" --organs="$list"
  expect_refused 2 "--organs"
done
