# needs: io
# An empty path, as a shell variable that was never set gives it, is refused in one line, for every option that takes one.
must phantom --seed 5 --size 16x16x16 -o p
run phantom --seed 1 --size 16x16x16 -o ''
expect_refused 2 "output" "empty"
run phantom --seed 1 --size 16x16x16 --output=
expect_refused 2 "output"
run segment '' -o out
expect_refused 2 "INPUT" "empty"
run segment p/ct.nii.gz -o ''
expect_refused 2 "output" "empty"
run segment p/ct.nii.gz -o out --model ''
expect_refused 2 "model" "empty"
run segment p/ct.nii.gz -o out --template ''
expect_refused 2 "template" "empty"
run convert p/labels.nii.gz --ct '' -o out
expect_refused 2 "ct" "empty"
run curate --kind nnunet p -o ''
expect_refused 2 "output" "empty"
run evaluate p/labels.nii.gz --truth p/labels.nii.gz -o ''
expect_refused 2 "output" "empty"
run evaluate p/labels.nii.gz --truth p/labels.nii.gz --json ''
expect_refused 2 "json" "empty"
