# needs: io service
# serve --dry-run tells which rule would take each series of a folder, and why, without names, IDs and free text.
make_patient p
mkdir -p in/plan in/scout
cp p/dicom/*.dcm in/plan/
edit_dicom 'd.StudyDescription = "Neck of Doe"; d.ProtocolName = "Doe HNO"; d.PatientName = "Doe^Jane"; d.PatientID = "4711"
d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]; d.BodyPartExamined = "NECK"'
cp p/dicom/*.dcm in/plan/
edit_dicom 'd.SeriesInstanceUID += ".2"; d.SOPInstanceUID += ".2"; d.BodyPartExamined = "BRAIN"
d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
if i > 9: d = None'
cp p/dicom/*.dcm in/scout/
mkdir etc
cat > etc/clinic.toml <<'T'
[derived]
Brainstem_PRV03 = "Brainstem + 3 mm"
T
cat > etc/node.toml <<'T'
[store]
folder = "store"

[dicom]
ae_title = "NODE"

[[dicom.peer]]
ae_title = "SCANNER1"

[[destination]]
name = "archive"
kind = "folder"
folder = "out"

[[rule]]
name = "head and neck"
match = { Modality = "CT", StudyDescription = "*neck*", ProtocolName = "!*brain*", CallingAE = "SCANNER?" }
slices = { min = 20 }
field_mm = { min = 150 }
template = "clinic.toml"
organs = ["Brainstem", "Parotid_L"]
destinations = ["archive"]
priority = 5

[[rule]]
name = "others"
match = { BodyPartExamined = "BRAIN" }
contour = false
T
run serve --config etc/node.toml --dry-run in --calling-ae SCANNER1
expect_status 0
expect_silence
expect_nothing_written
grep -Eq '^plan +32 +288 +head and neck +contoured by the shipped model, Brainstem Parotid_L, template etc/clinic.toml, to archive, priority 5$' \
  "$scratch/stdout" || fail "the planning CT's line"
grep -Eq '^scout +10 +288 +others +kept without contours$' "$scratch/stdout" || fail "the other CT's line"
expect_output 'head and neck takes it: Modality = "CT", it is CT; StudyDescription = "*neck*", it fits; ProtocolName = "!*brain*", it fits; CallingAE = "SCANNER?", it is SCANNER1; slices at least 20, it has 32; field at least 150 mm, it has 288'
expect_output 'head and neck does not: slices at least 20, it has 10'
expect_output 'others takes it: BodyPartExamined = "BRAIN", it is BRAIN'
cp "$scratch/stdout" table
run serve --config etc/node.toml --dry-run in --json
expect_status 0
cp "$scratch/stdout" plan.json
grep -qiw 'doe\|4711\|hno' table plan.json && fail "what may be a name is in the answer"
python3 - <<'PY' || fail "the JSON does not say what the rules are"
import json
plan, scout = sorted(json.load(open("plan.json"))["series"], key=lambda s: s["folder"])
assert plan["folder"] == "plan" and plan["rule"] is None and not plan["contour"] and plan["slices"] == 32
assert plan["rules"][0] == {"rule": "head and neck", "takes": False, "because": ['CallingAE = "SCANNER?", it has none']}
assert scout["rule"] == "others" and scout["problem"] == "" and scout["rules"][1]["takes"]
PY

# What is wrong with rules, and with what they refer to, is one line with file and line.
refuse() {
  sed "$1" etc/node.toml > etc/bad.toml
  run serve --config etc/bad.toml --dry-run in
  shift
  expect_refused 2 "error: etc/bad.toml:" "$@"
}
refuse 's/Modality/Modalty/' "etc/bad.toml:17: rule.match.Modalty is not a known key; did you mean Modality?"
refuse 's/min = 20/min = "20"/' "etc/bad.toml:18" "wrong type"
refuse 's/"archive"]/"pacs"]/' "etc/bad.toml:22" "expected one of archive"
refuse 's/Parotid_L/Parotid_X/' "etc/bad.toml:15: [[rule]] 'head and neck'" "Parotid_X"
refuse 's/clinic.toml/none.toml/' "etc/bad.toml:15" "etc/none.toml"
refuse 's/^priority/model = "none.safetensors"\npriority/' "etc/bad.toml:15" "etc/none.safetensors"
refuse 's/^name = "others"/name = "head and neck"/' "expected names that differ"
sed -i 's/3 mm/3/' etc/clinic.toml
run serve --config etc/node.toml --dry-run in
expect_refused 2 "etc/node.toml:15: [[rule]] 'head and neck': etc/clinic.toml:2:" "expected mm"
mkdir empty
sed -i 's/ 3"/ 3 mm"/' etc/clinic.toml
run serve --config etc/node.toml --dry-run empty
expect_refused 3 "holds no CT"
