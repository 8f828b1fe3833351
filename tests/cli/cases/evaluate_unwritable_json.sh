# needs: io
must phantom --seed 5 --size 16x16x16 -o p
run evaluate p/labels.nii.gz p/labels.nii.gz --json absent/dice.json
expect_refused 5 "absent/dice.json"
