# needs: io
# One bad case does not stop the others: it is named, and the exit code says that a part is missing.
make_set s
head -c 2000 s/imagesTr/b_0000.nii.gz > x && mv x s/imagesTr/b_0000.nii.gz
run curate --kind nnunet s -o out --no-pictures
expect_status 7
grep -q 'nnunet_b' "$scratch/stderr" || fail "the bad case is not named"
[[ $(find out/labelsTr -type f | wc -l) -eq 3 ]] || fail "the good cases are not all there"
for c in a c d; do head -c 2000 s/imagesTr/${c}_0000.nii.gz > x && mv x s/imagesTr/${c}_0000.nii.gz; done
run curate --kind nnunet s -o nothing --no-pictures
expect_status 3
