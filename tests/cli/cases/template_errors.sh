# needs: io
# Every error of a template is one line with file, line and what was expected; nothing is written.
make_patient p
refuse() {
  printf '%s\n' "$1" > bad.toml
  run convert --ct p/dicom p/labels.nii.gz -o out.dcm --template bad.toml
  shift
  expect_refused 2 "error: bad.toml:" "$@"
}
in_line_2() {
  refuse "[derived]
$1" "bad.toml:2" "${@:2}"
}
in_line_2 'X = "Brainstem + "' "bad.toml:2:18: derived.X: expected a margin such as 3 mm" "found the end"
in_line_2 'X = "Brainstem + 3"' "expected mm"
in_line_2 'X = "Brainstem + 300 mm"' "bad.toml:2:18" "too large; expected at most 100 mm"
in_line_2 'X = "Brainstem | Parotid_L & Parotid_R"' "expected parentheses"
in_line_2 'X = { is = "Brainstem + x" }' "bad.toml:2:25" "expected a margin"
in_line_2 "X = '''
Brainstem |'''" "character 12" "expected a structure"
in_line_2 'X = "Brainstm + 3 mm"' "bad.toml:2:6: derived.X" "'Brainstm' is no known structure; the nearest is Brainstem"
in_line_2 'X = "X + 3 mm"' "made of itself: X -> X"
refuse '[derived]
A = "B + 3 mm"
B = "C | Brainstem"
C = "A"' "bad.toml:4:6: derived.C: is made of itself: A -> B -> C -> A"
in_line_2 'Brainstem = "Parotid_L"' "is the name of an organ; expected another name"
in_line_2 'brainstem = "Parotid_L"' "in case alone"
in_line_2 'Body = "Parotid_L"' "expected another name"
in_line_2 'X = 3' "must be an expression"
in_line_2 'X = { name = "y" }' "expected is ="
in_line_2 'X = { is = "Brainstem", type = "ORGN" }' "must be one of ORGAN" "did you mean ORGAN?"
in_line_2 'X = { is = "Brainstem", empty = "no" }' "must be one of keep, drop"
in_line_2 'X = { is = "Brainstem", colour = [1, 2] }' "3 items"
in_line_2 '"a/b" = "Brainstem"' "cannot be the name of a mask's file"
refuse '[derived]
X = "Brainstem"
x = "Brainstem"' "bad.toml:3" "in case alone"
refuse '[derived]
X = "Brainstem"
X = "Parotid_L"' "bad.toml:3"
refuse '[organs]
Brainstem = { name = "PRV" }
[derived]
PRV = "Brainstem + 3 mm"' "bad.toml:4" "two structures are called PRV (Brainstem, PRV)"
refuse 'order = ["Brainstm"]' "bad.toml:1: order" "the nearest is Brainstem"
refuse 'order = ["Brainstem", "Brainstem"]' "bad.toml:1" "expected each structure once"
refuse 'margins = "middle"' "bad.toml:1" "must be one of centres, surfaces"
refuse 'longest_name = 16
[derived]
Brainstem_PRV_of_03_mm = "Brainstem + 3 mm"' "bad.toml:3" "has 22 characters; this file's longest_name allows 16"
refuse 'longest_name = 99' "bad.toml:1" "must lie between 1 and 64"

# What a file cannot know: a structure that is not here is left out, an empty one is said.
cat > some.toml <<'T'
[derived]
Cord_PRV = "SpinalCord + 5 mm"
Beyond = "Brainstem - (Brainstem + 1 mm)"
Dropped = { is = "Brainstem - Brainstem", empty = "drop" }
After = "Beyond | Brainstem"
T
run convert --ct p/dicom p/labels.nii.gz -o rt.dcm --template some.toml
expect_status 0
grep -qF "warning: Cord_PRV: left out, since there is no SpinalCord here" "$scratch/stderr" || fail "no word of what is left out"
grep -qF "warning: After: Beyond has no voxel here and counts as empty" "$scratch/stderr" || fail "no word of an empty part"
python3 - <<'PY' || fail "empty structures are not kept as asked"
import pydicom
names = [r.ROIName for r in pydicom.dcmread("rt.dcm").StructureSetROISequence]
assert "Beyond" in names and "After" in names and "Dropped" not in names and "Cord_PRV" not in names, names
PY

# The old name of the option, and structures that only a folder of masks has.
must convert --ct p/dicom p/labels.nii.gz -o old.dcm --names some.toml
mkdir masks
must convert --ct p/dicom rt.dcm -o masks
cp masks/Brainstem.nii.gz masks/PTV_70.nii.gz
echo '[derived]
Opti = "PTV_70 - ring(Parotid_L, 3 mm)"' > opti.toml
must convert --ct p/dicom masks -o opti.dcm --template opti.toml
sed -i 's/PTV_70/PTV_60/' opti.toml
run convert --ct p/dicom masks -o no.dcm --template opti.toml
expect_refused 2 "opti.toml:2:9" "'PTV_60' is no known structure; the nearest is PTV_70"
