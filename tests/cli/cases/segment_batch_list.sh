# needs: io onednn
# Lists of patients as other systems save them, and what is mistaken for one.
need_model
make_patient p
printf '\xef\xbb\xbfp/ct.nii.gz\r\np/absent.nii.gz\r\n' > list.txt
run segment --batch list.txt -o out --model "$model"
expect_status 7
expect_output "2 cases: 1 done, 0 done before, 1 failed"
expect_files out/ct/labels.nii.gz
grep -q 'error: absent: list.txt: line 2: p/absent.nii.gz: no such file' "$scratch/stderr" || fail "the line is not named"
printf '\xff\xfep\0/\0c\0t\0' > utf16.txt
run segment --batch utf16.txt -o none --model "$model"
expect_refused 3 "utf16.txt" "UTF-16" "UTF-8"
run segment --batch absent.txt -o none --model "$model"
expect_refused 3 "absent.txt" "No such file"
# The index of a medium stands for its folder.
printf 'DICM' > p/DICOMDIR
run segment --batch p/DICOMDIR -o indexed --model "$model" --match '*_ct.nii.gz'
expect_status 0
expect_output "1 cases: 1 done"
cp p/rtstruct.dcm p/rs
run curate --kind tcia p/DICOMDIR -o set --no-pictures --anonymise
[[ $status -eq 0 || $status -eq 7 ]] || fail "curate ended with $status"
expect_files set/labelsTr/*.nii.gz
grep -rqa "$PWD" set && fail "a path is told: $(grep -rahoE ".{0,50}$PWD.{0,50}" set | head -3)"
must info p/DICOMDIR
expect_output "ct series"
mkdir sets && cp p/rtstruct.dcm sets/own
must phantom --seed 10 --size 32x48x48 --spacing 6x6x6 -o q --dicom
cp q/rtstruct.dcm sets/other
must convert --ct p/DICOMDIR sets -o masks
