# needs: io
must phantom --seed 5 --size 16x16x16 -o p
must phantom --seed 5 --size 16x16x20 -o q
run evaluate p/labels.nii.gz q/labels.nii.gz --json dice.json
expect_refused 3 "q/labels.nii.gz" "grid"
run evaluate p/labels.nii.gz absent.nii.gz --json dice.json
expect_refused 3 "absent.nii.gz"
run evaluate p/labels.nii.gz p/ct.nii.gz --json dice.json
expect_refused 3 "ct.nii.gz"
head -c 60 p/labels.nii.gz > truncated.nii.gz
run evaluate p/labels.nii.gz truncated.nii.gz --json dice.json
expect_refused 3 "truncated.nii.gz"
run evaluate p/labels.nii.gz
expect_refused 2
