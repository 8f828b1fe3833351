# needs: io onednn
# commission --anonymise: no byte below the output folder tells what patients, folders, files and ROIs are called, nor
# their UIDs and dates; which case is which is in the key alone, and stays so when cases are added.
need_model
words=(zwiebelfisch annabell zwf7719 19470311 20190302)
tells() { python3 "$source_dir/tests/cli/find_words.py" "$@"; }

# DICOM: two patients, a name in an ROI's name, and a CT that no structure set is of.
for i in 1 2; do
  must phantom --seed "$i" --size 48x64x64 --spacing 4x4x4 -o "p$i" --dicom
  mkdir -p "cohort/Zwiebelfisch_$i"
  mv "p$i/dicom" "cohort/Zwiebelfisch_$i/ct"
  mv "p$i/rtstruct.dcm" "cohort/Zwiebelfisch_$i/"
done
must phantom --seed 3 --size 24x32x32 --spacing 8x8x8 -o p3 --dicom
mv p3/dicom cohort/bare_zwiebelfisch
python3 - > uids <<'PY' || fail "cannot prepare the cohort"
import glob, pydicom
uids = set()
for path in glob.glob("cohort/**/*.dcm", recursive=True):
    d = pydicom.dcmread(path)
    d.PatientID, d.PatientName = "ZWF7719" + path[20], "Zwiebelfisch^Annabell" + path[20]
    d.PatientBirthDate, d.StudyDate, d.SeriesDate, d.StudyDescription = "19470311", "20190302", "20190302", "Annabell's"
    if d.Modality == "RTSTRUCT":
        d.StructureSetROISequence[0].ROIName = "Zwiebelfisch GTV 20190302"
    uids |= {d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID}
    d.save_as(path)
print("\n".join(sorted(uids)))
PY
mapfile -t uids < uids
run commission cohort -o open --model "$model" --pictures 1
tells open "${words[@]}" > /dev/null || fail "the search finds nothing where names are"
run commission cohort -o out --model "$model" --pictures 1 --anonymise --case-key key.csv
[[ $status -eq 0 || $status -eq 7 ]] || fail "expected exit code 0 or 7, got $status"
tells out "${words[@]}" "${uids[@]}" "$PWD" && fail "these tell the patient"
[[ ! -e out/key.csv ]] || fail "there is a key in the output"
[[ $(stat -c %a key.csv) == 600 ]] || fail "others may read who is who"
grep -q "^case-001,$PWD/cohort/Zwiebelfisch_1/ct/" key.csv || fail "key: $(cat key.csv)"
grep -q "ROI '.*GTV 20190302' (2 cases)" "$scratch/stderr" || fail "the messages do not name the ROI that no rule knows"
python3 - <<'PY' || fail "the record is not what it should be"
import json
record = json.load(open("out/commission.json"))
assert [c["case"] for c in record["cases"]] == ["case-001", "case-002"], record["cases"]
assert record["unmatched"]["names"][0]["name"] == "(a name that is not kept)", record["unmatched"]
assert "the messages of the run tell" in record["notes"][0], "that a CT was left out is not said"
PY

# Images: a file that is damaged, contours on another grid; nobody is named, and the messages say where and why.
cohort_of 3 images
for n in 1 2 3; do
  mv "images/p${n}_ct.nii.gz" "images/zwiebelfisch_${n}_ct.nii.gz"
  mv "images/p${n}_labels.nii.gz" "images/zwiebelfisch_${n}_labels.nii.gz"
done
truncate -s 3000 images/zwiebelfisch_2_ct.nii.gz
must phantom --seed 9 --size 40x64x64 --spacing 4x4x4 -o p9
cp p9/labels.nii.gz images/zwiebelfisch_3_labels.nii.gz
run commission images -o faults --model "$model" --pictures 0 --anonymise --case-key faults.csv
expect_status 7
tells faults "${words[@]}" "$PWD" && fail "these tell the patient"
grep -q "case-002" "$scratch/stderr" || fail "the damaged case is not named"
grep -q "case-003: .*another grid" "$scratch/stderr" || fail "the other grid is not named"

# One more case, first by name: all keep their numbers, with and without the key; a second version meets the same cases.
cohort_of 3 more
for n in 1 2 3; do mv "more/p${n}_ct.nii.gz" "more/q${n}_ct.nii.gz"; mv "more/p${n}_labels.nii.gz" "more/q${n}_labels.nii.gz"; done
mkdir held
mv more/q1* held/
must commission more -o first --model "$model" --pictures 0 --anonymise --case-key first.csv
mv held/* more/
must commission more -o first --model "$model" --pictures 0 --anonymise --case-key first.csv
grep -q "^case-003,.*q1_ct" first.csv && grep -q "^case-001,.*q2_ct" first.csv || fail "key: $(cat first.csv)"
must commission more -o first --model "$model" --pictures 0 --anonymise
grep -q "3 done before" "$scratch/stderr" || fail "cases are not known by their data"
run commission more -o second --model "$model" --pictures 0 --anonymise --against first
expect_status 2
grep -q "error: first/contours: case-001 is another case there; .*--case-key" "$scratch/stderr" ||
  fail "cases of two numberings are compared"
rm -r second
must commission more -o second --model "$model" --pictures 0 --anonymise --case-key first.csv --against first
python3 -c 'import json; a = json.load(open("second/commission.json"))["against"]; assert all(f["difference"] == 0 for f in a["figures"]), a' ||
  fail "two runs of one version differ"

# The key never lies in the output, and an output that is not anonymous is no place for it.
run commission more -o first --model "$model" --anonymise --case-key first/key.csv
expect_refused 2 "--case-key" "output folder"
run commission cohort -o open --model "$model" --anonymise --case-key key2.csv
expect_refused 2 "not anonymous" "another folder"
run commission more -o third --model "$model" --case-key key.csv
expect_refused 2 "--anonymise"
