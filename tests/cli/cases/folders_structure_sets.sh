# needs: io
# Folders of many RTSTRUCTs: convert takes the one that was drawn on the CT, evaluate all of them by name, and it
# does not matter what files are called.
make_patient p
must phantom --seed 10 --size 32x48x48 --spacing 6x6x6 -o q --dicom
mkdir -p sets truth
python3 - <<'PY' || fail "the case could not prepare its structure sets"
import pydicom, pydicom.uid
d = pydicom.dcmread("q/rtstruct.dcm")
for i in range(54):
    d.SOPInstanceUID = pydicom.uid.generate_uid()
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.save_as("sets/RS.1.2.840.%d" % i)
PY
cp p/rtstruct.dcm sets/RS.1.2.840.77.DCM
must convert --ct p/dicom p/rtstruct.dcm -o one
must convert --ct p/dicom sets -o chosen
diff -r one chosen >&2 || fail "another structure set was taken"
run convert --ct q/dicom sets -o many
expect_refused 3 "54 of 55 structure sets belong to q/dicom" "give one of them"
mkdir other && cp q/rtstruct.dcm other/RS
run convert --ct p/dicom other -o none
expect_refused 3 "none of 1 structure sets was drawn on a CT of p/dicom"

for i in $(seq 0 53); do ln q/rtstruct.dcm "truth/RS.1.2.840.$i"; done
ln p/rtstruct.dcm truth/RS.1.2.840.77
mkdir cts && ln -s "$PWD/p/dicom" cts/first && ln -s "$PWD/q/dicom" cts/second
must evaluate sets --truth truth --ct cts --json all.json
python3 - <<'PY' || fail "not all 55 structure sets were compared"
import json
assert json.load(open("all.json"))["cases"] == 55
PY
