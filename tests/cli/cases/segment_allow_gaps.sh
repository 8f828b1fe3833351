# needs: io torch
# A slice that is lost in an even series is refused, and named; --allow-gaps lets the CT through, with the list.
need_model
must phantom --seed 9 --size 64x48x48 --spacing 3x6x6 -o p --dicom
cp p/rtstruct.dcm truth.dcm
cp p/labels.nii.gz truth.nii.gz
edit_dicom 'd = None if i == 30 or i == 31 or i == 40 else d'
run segment p/dicom -o out --model "$model"
expect_refused 3 "2 missing slice(s): 9 mm instead of 3 mm" "CT0030.dcm" "CT0033.dcm" "(2 such gaps)" "--allow-gaps"
run convert --ct p/dicom truth.dcm -o masks
expect_refused 3 "missing slice"
run evaluate truth.dcm --truth truth.dcm --ct p/dicom
expect_refused 3 "missing slice"
gaps="9 mm instead of 3 mm between slices 30 and 31, 6 mm instead of 3 mm between slices 38 and 39"
run segment p/dicom -o out --allow-gaps --model "$model"
expect_status 0
grep -qF "$gaps" "$scratch/stderr" || fail "expected the list of gaps"
grep -qF "$gaps" out/summary.json || fail "expected the list of gaps in summary.json"
run convert --ct p/dicom truth.dcm -o masks --allow-gaps
expect_status 0
grep -qF "$gaps" "$scratch/stderr" || fail "expected the list of gaps"
run evaluate out/rtstruct.dcm --truth truth.dcm --ct p/dicom --allow-gaps
expect_status 0
run segment --batch p -o batch --model "$model" --match none
expect_status 7
run segment --batch p -o batch --model "$model" --match none --allow-gaps
expect_status 0
cp truth.dcm p/dicom/rtstruct.dcm
run curate --kind tcia p/dicom -o set --no-pictures
expect_status 3
run curate --kind tcia p/dicom -o set --no-pictures --allow-gaps
[[ $status -eq 0 || $status -eq 7 ]] || fail "expected a curated set, got $status"
grep -qF "$gaps" set/curation.json || fail "expected the list of gaps in curation.json"
# Parts that lie further apart than 8 mm.
rm p/dicom/rtstruct.dcm
edit_dicom 'd = d if i < 30 else None'
edit_dicom 'd.ImagePositionPatient[2] += 7.5 if i >= 20 else 0'
run segment p/dicom -o far --model "$model"
expect_refused 3 "a gap of 10.5 mm, where at most 8 mm are taken" "--allow-gaps"
