# needs: io onednn
# segment --batch --anonymise: no byte below the output folder tells what patients, folders and files are called;
# which case is which is in the key alone, and stays so when patients are added.
need_model
make_patient p
edit_dicom 'd.PatientName = "Zwiebelfisch^Annabell"; d.PatientID = "ZWF7719"; d.GantryDetectorTilt = 11'
mkdir -p cohort/zwiebelfisch_annabell cohort/slice cohort/torn_zwiebelfisch
cp -r p/dicom cohort/zwiebelfisch_annabell/ct
: > cohort/zwiebelfisch_annabell/ct/zwiebelfisch_empty
cp p/ct.nii.gz cohort/slice/zwiebelfisch_ct.nii.gz
head -c 2000 p/ct.nii.gz > cohort/torn_zwiebelfisch/zwf7719.nii.gz
latin1=$(printf 'M\xfcller_lattenrost')
mkdir "cohort/$latin1"
python3 - "cohort/$latin1/ct.nii.gz" <<'PY'
import gzip, sys, os
path = os.fsencode(sys.argv[1])
data = bytearray(gzip.open("p/ct.nii.gz").read())
data[352] ^= 1  # another CT
gzip.open(path, "wb").write(bytes(data))
PY
words=(zwiebelfisch annabell zwf7719 lattenrost)
tells() { python3 "$source_dir/tests/cli/find_words.py" "$@"; }

must segment --batch cohort/zwiebelfisch_annabell -o open --model "$model"
tells open "${words[@]}" > /dev/null || fail "the search finds nothing where names are"

# The input as '.'.
(cd cohort && mkdir ../out && "$program" segment --batch . -o ../out --model "$model" --anonymise --case-key ../key.csv > ../log 2>&1)
[[ $? -eq 7 ]] || fail "expected exit code 7: $(cat log)"
tells out "${words[@]}" && fail "these tell the patient"
[[ $(cut -d, -f1,2 out/summary.csv | sort | tr '\n' ' ') == "case,status case-001,done case-002,done case-003,failed case-004,done " ]] ||
  fail "cases: $(cut -d, -f1,2 out/summary.csv)"
[[ $(stat -c %a key.csv) == 600 ]] || fail "others can read the key: $(stat -c %a key.csv)"
grep -q "^case-001,$PWD/cohort/M%FCller_lattenrost/ct.nii.gz,$" key.csv || fail "key: $(cat key.csv)"
grep -q "^case-003,$PWD/cohort/torn_zwiebelfisch/zwf7719.nii.gz,$" key.csv || fail "key: $(cat key.csv)"
uid=$(python3 -c 'import pydicom; print(pydicom.dcmread("p/dicom/CT0001.dcm").SeriesInstanceUID)')
python3 - "$uid" <<'PY' || fail "a summary is not what it should be"
import json, sys
s = json.load(open("out/case-004/summary.json"))
assert s["input"] == "CT, series " + sys.argv[1], s["input"]
assert any(w.endswith("form a straight stack; the positions were taken") for w in s["warnings"]), s["warnings"]
PY
error=$(grep ^case-003, out/summary.csv)
[[ $error == *"the message of the run says where and why"* ]] || fail "the table does not say why: $error"
grep -q 'error: case-003: .*zwf7719.nii.gz: ' log || fail "the message does not name the file: $(cat log)"

# One more patient, sorted before the others: all keep their numbers. The failed one is mended.
mkdir cohort/aaa_zwiebelfisch
python3 - <<'PY'
import gzip
data = bytearray(gzip.open("p/ct.nii.gz").read())
data[360] ^= 1
gzip.open("cohort/aaa_zwiebelfisch/ct.nii.gz", "wb").write(bytes(data))
PY
cp p/ct.nii.gz cohort/torn_zwiebelfisch/zwf7719.nii.gz
grep -v ^case, key.csv > before
must segment --batch cohort -o out --model "$model" --anonymise --case-key key.csv
expect_output "5 cases: 2 done, 3 done before, 0 failed"
grep -vFf key.csv before && fail "a case has another number than before"
grep -q "^case-005,$PWD/cohort/aaa_zwiebelfisch/ct.nii.gz,$" key.csv || fail "key: $(cat key.csv)"
[[ $(stat -c %a key.csv) == 600 ]] || fail "others can read the key now"
tells out "${words[@]}" && fail "these tell the patient"
# Without the key: what is done is known by its data, and keeps its number.
must segment --batch cohort -o out --model "$model" --anonymise
expect_output "5 cases: 0 done, 5 done before, 0 failed"
grep -q 'warning: .*--case-key' "$scratch/stderr" || fail "not said that no key is kept"

# Through a link.
ln -s cohort/slice linked_zwiebelfisch
must segment --batch linked_zwiebelfisch -o by_link --model "$model" --anonymise --case-key link.csv
tells by_link "${words[@]}" && fail "these tell the patient"

# The key never lies in the output, nor takes another file's place; names of an earlier run are not left beside cases.
run segment --batch cohort -o out --model "$model" --anonymise --case-key out/key.csv
expect_refused 2 "--case-key" "output folder"
ln -s out by_another_name
run segment --batch cohort -o out --model "$model" --anonymise --case-key by_another_name/key.csv
expect_refused 2 "--case-key" "output folder"
echo hello > notes.txt
run segment --batch cohort -o out --model "$model" --anonymise --case-key notes.txt
expect_refused 2 "notes.txt" "not a key"
run segment --batch cohort -o open --model "$model" --anonymise --case-key key2.csv
expect_refused 2 "not anonymous" "another folder"
run segment --batch cohort -o out2 --model "$model" --case-key key.csv
expect_refused 2 "--anonymise"

# One patient alone.
must segment cohort/zwiebelfisch_annabell/ct -o alone --model "$model" --anonymise --format nrrd --mesh stl --pictures
tells alone "${words[@]}" && fail "these tell the patient"
mkdir "$latin1"
cp cohort/zwiebelfisch_annabell/ct/CT* "$latin1"
last=$(find "$latin1" -name 'CT*' | sort | tail -1)
truncate -s 700 "$last"
must segment "$latin1" -o damaged --model "$model" --anonymise --accept-damaged
grep -q 'damaged slice left out' damaged/summary.json || fail "not said that a slice is missing"
tells damaged "${words[@]}" && fail "these tell the patient"
true
