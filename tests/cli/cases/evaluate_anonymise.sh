# needs: io
# evaluate --anonymise: no byte below the output folder tells what cases, files and folders of the input are called;
# which case is which is in the key alone, and stays so when cases are added.
for i in 1 2 3; do must phantom --seed "$i" --size 32x48x48 --spacing 6x6x6 -o "p$i" --dicom; done
mkdir -p zwf7719/imagesTr zwf7719/labelsTr ours_annabell other_annabell
for i in 1 2; do
  cp "p$i/ct.nii.gz" "zwf7719/imagesTr/zwiebelfisch_${i}_0000.nii.gz"
  cp "p$i/labels.nii.gz" "zwf7719/labelsTr/zwiebelfisch_$i.nii.gz"
  cp "p$i/labels.nii.gz" "ours_annabell/zwiebelfisch_$i.nii.gz"
  cp "p$i/labels.nii.gz" "other_annabell/zwiebelfisch_$i.nii.gz"
done
cp p3/ct.nii.gz zwf7719/imagesTr/torn_zwiebelfisch_0000.nii.gz
cp p3/labels.nii.gz zwf7719/labelsTr/torn_zwiebelfisch.nii.gz
head -c 700 p3/labels.nii.gz > ours_annabell/torn_zwiebelfisch.nii.gz
cp p3/labels.nii.gz ours_annabell/alone_zwiebelfisch.nii.gz
cat > zwf7719/dataset.json <<'JSON'
{"channel_names": {"0": "CT"}, "file_ending": ".nii.gz", "numTraining": 3, "description": "Annabell",
 "labels": {"background": 0, "Brainstem": 1, "OpticChiasm": 2, "Bone_Mandible": 3, "OpticNrv_L": 4, "OpticNrv_R": 5,
            "Parotid_L": 6, "Parotid_R": 7, "Glnd_Submand_L": 8, "Lattenrost": 9}}
JSON
words=(zwiebelfisch annabell zwf7719 lattenrost "$PWD")
tells() { python3 "$source_dir/tests/cli/find_words.py" "$@"; }
run evaluate ours_annabell --truth zwf7719 -o open
for word in "${words[@]}"; do tells open "$word" > /dev/null || [[ $word == "$PWD" ]] || fail "the search does not find $word"; done

run evaluate ours_annabell --truth zwf7719 --against other_annabell -o out --json figures.json --anonymise --case-key key.csv
expect_status 7
tells out "${words[@]}" && fail "these tell the patient"
mkdir beside && mv figures.json beside
tells beside "${words[@]}" && fail "the JSON tells the patient"
expect_output "case-003"
[[ $(stat -c %a key.csv) == 600 ]] || fail "others can read the key: $(stat -c %a key.csv)"
[[ $(cut -d, -f1,2 key.csv | tr '\n' ' ') == "case,id case-001,alone_zwiebelfisch case-002,torn_zwiebelfisch case-003,zwiebelfisch_1 case-004,zwiebelfisch_2 " ]] ||
  fail "key: $(cat key.csv)"
grep -q "^case-003,zwiebelfisch_1,$PWD/zwf7719/labelsTr/zwiebelfisch_1.nii.gz$" key.csv || fail "key: $(cat key.csv)"
grep -q 'error: case-002: .*torn_zwiebelfisch.nii.gz: ' "$scratch/stderr" || fail "the message does not name the file"
grep -q 'Lattenrost is called ROI_1' "$scratch/stderr" || fail "not said what an organ of the data set is called"
python3 - <<'PY' || fail "the report is not what it should be"
import json

j = json.load(open("out/evaluation.json"))
assert {r["case"] for r in j["each"]} == {"case-003", "case-004"}, j["each"]
assert j["predictions_without_truth"] == ["case-001"] and j["failed"][0]["case"] == "case-002", j["failed"]
assert "ROI_1" in j["conventions"]["tolerances_mm"] and "Brainstem" in j["conventions"]["tolerances_mm"]
assert {f["organ"] for f in j["comparison"]["figures"]} >= {"Brainstem"}
PY

# One more, sorted before the others, with the key: all keep their numbers. Without it the order gives them.
cp p3/ct.nii.gz zwf7719/imagesTr/aaa_zwiebelfisch_0000.nii.gz
cp p3/labels.nii.gz zwf7719/labelsTr/aaa_zwiebelfisch.nii.gz
cp p3/labels.nii.gz ours_annabell/aaa_zwiebelfisch.nii.gz
cp p3/labels.nii.gz ours_annabell/torn_zwiebelfisch.nii.gz
grep -v ^case, key.csv > before
must evaluate ours_annabell --truth zwf7719 -o out --anonymise --case-key key.csv
grep -vFf key.csv before && fail "a case has another number than before"
grep -q "^case-005,aaa_zwiebelfisch," key.csv || fail "key: $(cat key.csv)"
must evaluate ours_annabell --truth zwf7719 -o out --anonymise
grep -q 'warning: .*--case-key' "$scratch/stderr" || fail "not said that no key is kept"
tells out "${words[@]}" && fail "these tell the patient"

# What an anonymous batch has numbered keeps its number.
mkdir -p numbered/case-002 numbered/case-007
cp p1/labels.nii.gz numbered/case-002
cp p2/labels.nii.gz numbered/case-007
must evaluate numbered --truth numbered --json numbered.json --anonymise
python3 -c 'import json; assert {r["case"] for r in json.load(open("numbered.json"))["each"]} == {"case-002", "case-007"}' ||
  fail "cases have other numbers than in their batch"

# The key never lies in the output, nor takes another file's place.
run evaluate ours_annabell --truth zwf7719 -o out --anonymise --case-key out/key.csv
expect_refused 2 "--case-key" "output folder"
run evaluate ours_annabell --truth zwf7719 --json both.json --anonymise --case-key ./both.json
expect_refused 2 "--case-key" "another file"
echo hello > notes.txt
run evaluate ours_annabell --truth zwf7719 -o out --anonymise --case-key notes.txt
expect_refused 2 "notes.txt" "not a key"
run evaluate ours_annabell --truth zwf7719 -o out --case-key key.csv
expect_refused 2 "--anonymise"
true
