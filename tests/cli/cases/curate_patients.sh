# needs: io
# Who the patients are is said nowhere but in the key of curation.json, and with --anonymise nowhere at all: not in
# messages, not in files, not in their names.
for i in 0 1 2 3; do must phantom --seed $((30 + i)) --size 32x48x48 --spacing 6x6x6 -o p$i --dicom; done
python3 - <<'PY' || fail "the case could not prepare its tree"
import glob, os, pydicom, shutil
from pydicom.uid import generate_uid

def patient(phantom, number, name, folder, structures=True):
    uids = {}
    fresh = lambda uid: uids.setdefault(str(uid), generate_uid(entropy_srcs=[number, str(uid)]))
    def walk(d):
        for e in d:
            if e.VR == "SQ":
                for item in e.value:
                    walk(item)
            elif e.VR == "UI" and "ClassUID" not in e.keyword:
                e.value = [fresh(u) for u in e.value] if e.VM > 1 else fresh(e.value)
    os.makedirs(folder)
    for path in sorted(glob.glob(phantom + "/dicom/*.dcm")) + ([phantom + "/rtstruct.dcm"] if structures else []):
        d = pydicom.dcmread(path)
        walk(d)
        d.PatientID, d.PatientName = number, name
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        if "StructureSetROISequence" in d:  # hospitals write names into names, and labels too
            given = name.split("^")[1]
            d.StructureSetLabel = number + " plan"
            for roi, text in zip(d.StructureSetROISequence, ["GTV " + number, given + " Parotid_L", name.replace("^", ", ")]):
                roi.ROIName = text
        out = os.path.join(folder, number + "_" + os.path.basename(path))
        d.save_as(out)

patient("p0", "QX-4711", "Zwinglberger^Aloisia", "tree/Zwinglberger_Aloisia/ct")
patient("p1", "QX-0815", "Krautwurst^Xaver", "tree/QX-0815")
patient("p2", "8812304", "Hinterhuber^Gaudenz", "tree/HINTERHUBER, GAUDENZ", structures=False)
patient("p3", "QX-9999", "Obermoser^Vroni", "tree/Obermoser-V")
# what goes wrong with each of them is said: a slice cut short, a structure set without its CT, one of another ID
cut = sorted(glob.glob("tree/Obermoser-V/*CT0010*"))[0]
open(cut, "r+b").truncate(os.path.getsize(cut) - 40)
d = pydicom.dcmread(glob.glob("tree/QX-0815/*rtstruct*")[0])
d.SOPInstanceUID = generate_uid()
d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
d.PatientID = "QX-6666"
d.save_as("tree/QX-0815/QX-6666.dcm")
os.makedirs("tree/lost")
shutil.move(glob.glob("tree/Obermoser-V/*rtstruct*")[0], "tree/lost/QX-9999_rs")
shutil.copy("tree/lost/QX-9999_rs", "tree/Obermoser-V/rs2")
PY
secrets='QX-4711|QX-0815|8812304|QX-9999|QX-6666|Zwinglberger|Aloisia|Krautwurst|Xaver|Hinterhuber|Gaudenz|Obermoser|Vroni'
nowhere() {
  local where
  where=$(grep -rlaiE "$secrets" "$@")
  [[ -z $where ]] || fail "patients are told in $where: $(grep -rahiE -m 3 "$secrets" "$@" | cut -c1-300)"
  where=$(find "$@" | sed 's|^[^/]*/||' | grep -iE "$secrets")
  [[ -z $where ]] || fail "patients are told in the name of $where"
}

run curate --kind tcia tree -o out
expect_status 7
cp "$scratch/stderr" "$scratch/stdout" out
cp out/curation.json key.json
mv out/curation.json aside.json
nowhere out
mv aside.json out/curation.json
expect_files out/cases/tcia_patient-002/labels.nii.gz out/imagesTr/tcia_patient-003_0000.nii.gz
grep -q 'patient 1: CT series .*no structure set' out/stderr || fail "the patient without structure set is not named by number"
python3 - <<'PY' || fail "the key is not right"
import json
j = json.load(open("key.json"))
key = {p["number"]: p["id"] for p in j["patients"]}
assert key == {1: "8812304", 2: "QX-0815", 3: "QX-4711", 4: "QX-6666", 5: "QX-9999"}, key
assert {p["id"]: p["names"] for p in j["patients"]}["QX-4711"] == ["Zwinglberger^Aloisia"]
del j["patients"]
text = json.dumps(j)
for secret in list(key.values()) + ["Zwinglberger", "Krautwurst", "Hinterhuber", "Obermoser"]:
    assert secret.lower() not in text.lower(), secret
PY

# Numbers stay when a patient comes in front, and the cases with them.
before=$(stat -c %i out/cases/tcia_patient-003/labels.nii.gz)
mkdir tree/new
cp tree/HINTERHUBER*/*CT0001.dcm tree/new/x.dcm
dcmodify -nb -m "PatientID=0000001" -m "PatientName=New^One" -m "SeriesInstanceUID=1.2.3" -m "SOPInstanceUID=1.2.3.1" tree/new/x.dcm
run curate --kind tcia tree -o out
expect_status 7
[[ $(stat -c %i out/cases/tcia_patient-003/labels.nii.gz) == "$before" ]] || fail "a case changed its name"
rm -r tree/new

run curate --kind tcia tree -o anonymous --anonymise
expect_status 7
cp "$scratch/stderr" "$scratch/stdout" anonymous
nowhere anonymous
grep -rqa 'tree/' anonymous && fail "a path is told: $(grep -rahoE '.{0,50}tree/.{0,50}' anonymous | head -3)"
same_set out anonymous

# Parts keep the key, so that their merge knows who is who; the merged set may do without.
for i in 1 2; do
  run curate --kind tcia tree -o part$i --shard $i/2 --no-pictures
done
run curate merge part1 part2 -o merged --anonymise
[[ $status -eq 0 || $status -eq 7 ]] || fail "the merge ended with $status"
nowhere merged "$scratch/stderr" "$scratch/stdout"
same_set anonymous merged
run curate --kind tcia tree -o part3 --shard 1/2 --anonymise
expect_refused 2 "--anonymise"
