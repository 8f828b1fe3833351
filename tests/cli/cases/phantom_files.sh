# needs: io
must phantom --seed 3 --size 16x20x24 -o first
expect_files first/ct.nii.gz first/labels.nii.gz first/phantom.json
must phantom --seed 3 --size 16x20x24 -o second --dicom
expect_files second/ct.nii.gz second/rtstruct.dcm second/dicom/CT0001.dcm second/dicom/CT0016.dcm
cmp first/ct.nii.gz second/ct.nii.gz || fail "one seed, two images"
cmp first/labels.nii.gz second/labels.nii.gz || fail "one seed, two truths"
must phantom --seed 4 --size 16x20x24 -o third
cmp -s first/ct.nii.gz third/ct.nii.gz && fail "two seeds, one image"
must phantom --seed 3 --size 16x20x24 -o fourth --dicom
diff -r second fourth >&2 || fail "one seed, two DICOM patients"
