# needs: io onednn
# A cohort of synthetic patients: verdicts, the page, what goes on after a kill, a second version, bad cohorts.
need_model
cohort_of 4 cohort

run commission cohort -o whole --model "$model" --pictures 1
expect_status 0
expect_output "Bone_Mandible:"
expect_files whole/acceptance.html whole/commission.json whole/cases.csv whole/key.csv
[[ $(stat -c %a whole/key.csv) == 600 ]] || fail "others may read who is who"
python3 - <<'PY' || fail "the record is not what it should be"
import csv, json
record = json.load(open("whole/commission.json"))
assert record["tested"]["compared"] == 4 and record["tested"]["patients"] == 4
organs = {o["organ"]: o for o in record["organs"]}
assert len(organs) == 9
mandible = organs["Bone_Mandible"]
assert mandible["cases"] == 4 and mandible["figures"]["dice"]["mean"] > 0.6, mandible
assert mandible["verdict"] != "use", "four patients are too few"
assert all(level["source"] for o in organs.values() for level in o["levels"])
assert not record["failed"] and not [f for f in record["findings"] if f["left_out"]], record["findings"]
rows = list(csv.DictReader(open("whole/cases.csv")))
assert len(rows) == 36, len(rows)
page = open("whole/acceptance.html").read()
assert page.count("data:image/png;base64,") >= 5 and "signature" in page
for word in ("http://", "https://", "<script", "src=\"/", "url("):
    assert word not in page, word
PY

# killed at any moment, the same command goes on; what is contoured is not contoured again
"$program" commission cohort -o killed --model "$model" > /dev/null 2>&1 &
until compgen -G 'killed/contours/*/manifest.json' > "$scratch/made"; do
  kill -0 $! 2> /dev/null || break
  sleep 0.02
done
kill -9 $! 2> /dev/null
wait $! 2> /dev/null
run commission cohort -o killed --model "$model"
expect_status 0
grep -qE "[1-4] done before" "$scratch/stderr" || fail "everything was done again"
cmp whole/cases.csv killed/cases.csv || fail "another result after a kill"

# the same cases by another version
run commission cohort -o second --model "$model" --against whole
expect_status 0
python3 - <<'PY' || fail "two runs of one version differ"
import json
against = json.load(open("second/commission.json"))["against"]
figures = [f for f in against["figures"] if f["figure"] == "dice"]
assert len(figures) == 9 and all(f["pairs"] == 4 and f["difference"] == 0 for f in figures), figures
PY
run commission cohort -o third --model "$model" --against empty
expect_refused 3 "empty"

# a clinic's own criteria
printf '[[level]]\norgan = "Bone_Mandible"\nfigure = "dice"\nuse = 0.999\ncare = 0.99\n' > ours.toml
run commission cohort -o whole --model "$model" --criteria ours.toml
expect_status 0
expect_output "Bone_Mandible: do not use, because its mean Dice is"
printf '[rule.least_patient]\nvalue = 3\n' > wrong.toml
run commission cohort -o fourth --model "$model" --criteria wrong.toml
expect_refused 2 "wrong.toml:1" "least_patients"
