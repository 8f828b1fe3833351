# needs: io onednn
# Names of files, UIDs and texts of DICOM files may hold any bytes: each is read, shown clean, and stops nobody.
need_model
make_patient p
mueller=$(printf 'M\xfcller')  # Latin-1, as an old share has it
edit_dicom 'd.SeriesDescription = "a\x1b[31mb"'
mkdir -p "tree/$mueller"
cp -r p/dicom "tree/$mueller/ct"
edit_rtstruct p/rtstruct.dcm "tree/$mueller/rs.dcm" '
d.SpecificCharacterSet = "ISO_IR 192"
d.StructureSetROISequence[0].ROIName = "a\x1b[31m\u202eb"'
: > "tree/$mueller/ct/$mueller.txt"
cp p/ct.nii.gz "tree/$mueller/$mueller"$'\n\x1b[31m_ct.nii.gz'
head -c 3000 p/ct.nii.gz > "tree/$mueller/torn_ct.nii.gz"
clean() {
  grep -lP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae|\\u001b' "$@" && fail "control characters in these"
  for file in "$@"; do iconv -f UTF-8 -t UTF-8 "$file" > /dev/null 2>&1 || fail "$file is not UTF-8: $(cat "$file")"; done
}

run segment --batch tree -o out --model "$model" --match '*_ct.nii.gz'
expect_status 7
expect_output "3 cases: 2 done, 0 done before, 1 failed"
clean "$scratch/stderr" "$scratch/stdout" out/summary.csv out/*/summary.json out/*/report.html
grep -q 'error: .*torn' "$scratch/stderr" || fail "the failed case is not named"
[[ $(wc -l < out/summary.csv) == 4 ]] || fail "a name breaks a line of summary.csv: $(cat out/summary.csv)"
for name in out/*; do iconv -f UTF-8 -t UTF-8 <<< "$name" > /dev/null || fail "$name is not UTF-8"; done
run segment --batch tree -o out --model "$model" --match '*_ct.nii.gz'
expect_output "3 cases: 0 done, 2 done before, 1 failed"

must segment "tree/$mueller/ct" -o one --model "$model"
clean "$scratch/stderr" one/summary.json one/report.html
run segment "tree/$mueller/torn_ct.nii.gz" -o none --model "$model"
expect_refused 3 "torn_ct.nii.gz"
clean "$scratch/stderr"

run curate --kind tcia tree -o set
[[ $status -eq 0 || $status -eq 7 ]] || fail "curate ended with $status"
clean "$scratch/stderr" "$scratch/stdout" set/curation.json set/curation.html set/dataset.json \
  set/cases/*/case.json
expect_files set/imagesTr/*.nii.gz

# A UID that a spreadsheet takes for a formula, and one of a thousand characters.
edit_dicom 'd.SeriesInstanceUID = "=1+1"'
run segment p/dicom -o formula --model "$model"
[[ $status -eq 0 || $status -eq 3 ]] || fail "a UID with = ended with $status"
run segment --batch p/dicom -o batch --model "$model"
[[ $status -eq 0 || $status -eq 7 ]] || fail "a UID with = ended with $status"
grep -qE "(^|,)=1" batch/summary.csv && fail "a formula in summary.csv: $(cat batch/summary.csv)"
run curate --kind tcia p/dicom -o set2
[[ $status -eq 0 || $status -eq 3 || $status -eq 7 ]] || fail "curate: a UID with = ended with $status"
[[ ! -e set2/cases || -e set2/curation.json ]] || fail "curate left cases/ without curation.json"
true
