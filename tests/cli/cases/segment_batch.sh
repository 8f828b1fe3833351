# needs: io torch
# Many patients in one run: DICOM series and images found at any depth, one that is bad, a second run that does what is left.
need_model
make_patient p
mkdir -p cohort/{first,second/ct,images}
cp -r p/dicom cohort/first/study
cp p/ct.nii.gz cohort/images/whole.nii.gz
head -c 2000 p/ct.nii.gz > cohort/images/torn.nii.gz
cp p/labels.nii.gz cohort/images/labels.nii.gz
# The second patient: the first's slices as another series, one missing.
edit_dicom 'd.SeriesInstanceUID = "1.2.3.4.5"; d.SOPInstanceUID += ".9"; d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
if i == 5: d = None'
mv p/dicom cohort/second/ct/b

run segment --batch cohort -o out --model "$model" --match '[tw]*'
expect_status 7
grep -q "error: segment: 2 of 4 cases failed" "$scratch/stderr" || fail "expected the count of failures"
grep -q "error: images_torn: " "$scratch/stderr" || fail "expected the failed case to be named"
expect_files out/summary.csv out/first_study/{labels.nii.gz,rtstruct.dcm,seg.dcm,summary.json,quality.json,report.html} out/images_whole/{labels.nii.gz,summary.json}
[[ ! -e out/images_torn && ! -e out/second_ct_b ]] || fail "a failed case left a folder"
[[ $(wc -l < out/summary.csv) == 5 ]] || fail "expected a heading and four lines"
[[ $(grep -c ,done, out/summary.csv) == 2 && $(grep -c ,failed, out/summary.csv) == 2 ]] || fail "expected two done, two failed"
cmp out/first_study/labels.nii.gz out/images_whole/labels.nii.gz || fail "a batch gives other labels to the same patient"
must segment p/ct.nii.gz -o alone --model "$model"
cmp alone/labels.nii.gz out/images_whole/labels.nii.gz || fail "a batch gives other labels than a single run"

# What failed is tried again, what is done is not; a killed run's folder counts as not done.
before=$(stat -c %Y.%i out/images_whole/labels.nii.gz)
rm out/first_study/summary.json
rm -r cohort/second
cp p/ct.nii.gz cohort/images/torn.nii.gz
run segment --batch cohort -o out --model "$model" --match '[tw]*'
expect_status 0
expect_output "3 cases: 2 done, 1 done before, 0 failed"
[[ $(stat -c %Y.%i out/images_whole/labels.nii.gz) == "$before" ]] || fail "a case that was done was done again"
[[ $(grep -c ,done, out/summary.csv) == 3 && $(wc -l < out/summary.csv) == 4 ]] || fail "the table is not that of the cases"

# Other settings, a changed input: done again.
run segment --batch cohort -o out --model "$model" --match 'w*' --format nrrd
expect_output "2 cases: 2 done"
expect_files out/images_whole/labels.seg.nrrd
touch cohort/images/whole.nii.gz
run segment --batch cohort -o out --model "$model" --match 'w*' --format nrrd
expect_output "2 cases: 1 done, 1 done before"
run segment --batch cohort -o out --model "$model" --match 'w*' --format nrrd --again
expect_output "2 cases: 2 done"

# A list, relative to itself; names that repeat are told apart; what it names need not exist.
mkdir -p lists copy
cp -r cohort/first/study copy/dicom
printf '# two patients\n../cohort/first/study\n\n  ../copy/dicom  \n../cohort/images/whole.nii.gz\nnot there\n' > lists/cohort.txt
run segment --batch lists/cohort.txt -o listed --model "$model"
expect_status 7
expect_output "4 cases: 3 done, 0 done before, 1 failed"
expect_files listed/{study,dicom,whole}/labels.nii.gz
printf '../copy/dicom\n../copy/dicom/\n' > lists/twice.txt
must segment --batch lists/twice.txt -o twice --model "$model"
expect_files twice/{dicom,dicom-2}/labels.nii.gz

# Images named as data sets name them: the case's name, unless two would share it.
mkdir -p named/{b,c}
for name in a_ct b/ct c/x_ct c/x_0000; do cp p/ct.nii.gz named/$name.nii.gz; done
must segment --batch named -o by_name --model "$model"
expect_files by_name/{a,b,c_x_ct,c_x_0000}/labels.nii.gz
cp p/labels.nii.gz named/a_labels.nii.gz
must evaluate by_name/a --truth named/a_labels.nii.gz -o scores

mkdir nothing
run segment --batch nothing -o none --model "$model"
expect_refused 3 "no CT is named there"
run segment cohort -o none --model "$model" --again
expect_refused 2 "--again"
run segment --batch p/ct.nii.gz -o none --model "$model"
expect_refused 3 "is no text"
