# needs: io onednn
# Slices whose headers are right and whose values are not the patient's: taken, and named by every command.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
need_model
make_patient p

expect_word() {  # of the file, with the reason
  local part
  for part in "$@"; do
    grep -F "warning: " "$scratch/stderr" | grep -qF -- "$part" || fail "expected a warning with '$part'"
  done
}
damage() {  # a transfer that was cut short and filled up; the rescale of another scanner
  edit_dicom '
if i in (14, 15): d.PixelData = d.PixelData[:(i - 14) * len(d.PixelData) // 3] + bytes(len(d.PixelData) - (i - 14) * len(d.PixelData) // 3)
if i == 20: d.RescaleIntercept = 0'
}
run convert p/rtstruct.dcm --ct p/dicom -o whole
expect_status 0
grep -q "warning: " "$scratch/stderr" && fail "a whole CT gave a warning"
damage
for command in "convert p/rtstruct.dcm --ct p/dicom -o masks" "segment p/dicom --model $model -o out" \
               "curate --kind tcia p -o set"; do
  # shellcheck disable=SC2086
  run $command
  expect_status 0
  [[ $command == curate* ]] && continue
  expect_word "CT0015.dcm: one value only" "CT0016.dcm: one value from row 17 of 48 on" "CT0021.dcm: no air"
  [[ $(grep -c 'CT00.*dcm: ' "$scratch/stderr") -eq 3 ]] || fail "other slices are named too"
done
grep -q "one value only" set/cases/*/case.json || fail "the curated case does not say so"
run segment p/dicom --model "$model" -o anonymous --anonymise
expect_status 0
grep -q '"blank-slice"' anonymous/summary.json && grep -q '"slice-without-air"' anonymous/summary.json ||
  fail "the summary does not say so"
if grep -rq "CT0015" anonymous; then fail "the file's name is in the results"; fi
