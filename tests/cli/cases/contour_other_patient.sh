# needs: io
# Contours of another scan are refused wherever a structure set meets a CT or the results of one.
must phantom --seed 9 --size 32x48x48 --spacing 6x6x6 -o p --dicom
must phantom --seed 10 --size 32x48x48 --spacing 6x6x6 -o q --dicom
must convert --ct p/dicom p/labels.nii.gz -o pseg.dcm --dicom seg
must convert --ct q/dicom q/labels.nii.gz -o qseg.dcm --dicom seg
run convert --ct p/dicom q/rtstruct.dcm -o out
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
# against a label map of p, with p's CT
run evaluate q/rtstruct.dcm --truth p/labels.nii.gz --ct p/dicom --csv x.csv
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
run evaluate p/labels.nii.gz --truth q/rtstruct.dcm --ct p/dicom --csv x.csv
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
# two structure sets, and a structure set with a segmentation, which say what they were drawn on
run evaluate p/rtstruct.dcm --truth q/rtstruct.dcm --ct p/dicom --csv x.csv
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
run evaluate q/rtstruct.dcm --truth pseg.dcm --csv x.csv
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
must evaluate p/rtstruct.dcm --truth pseg.dcm
must evaluate p/rtstruct.dcm --truth p/rtstruct.dcm --ct p/dicom
# a segmentation, although its grid fits: with the CT, with a structure set, with another segmentation
for side in "--ct p/dicom --truth p/labels.nii.gz" "--truth pseg.dcm --resample" "--truth pseg.dcm --ct p/dicom"; do
  # shellcheck disable=SC2086
  run evaluate qseg.dcm $side --csv x.csv
  expect_refused 3 "drawn on another scan"
done
must evaluate pseg.dcm --truth p/labels.nii.gz --ct p/dicom
expect_silence
must evaluate pseg.dcm --truth pseg.dcm --ct p/dicom
expect_silence
# in a folder with both patients' CTs each segmentation finds its own
mkdir both && cp -r p/dicom both/p && cp -r q/dicom both/q
must convert --ct both pseg.dcm -o found
must convert --ct p/dicom pseg.dcm -o given
diff -r found given >&2 || fail "the segmentation was read on another CT"
must evaluate pseg.dcm --truth p/labels.nii.gz --ct both
# results of segment, which hold an RTSTRUCT beside the label map
mkdir results && cp p/labels.nii.gz p/rtstruct.dcm results/
run evaluate results --truth q/rtstruct.dcm --csv x.csv
expect_refused 3 "q/rtstruct.dcm" "drawn on another scan"
run evaluate qseg.dcm --truth results --resample --csv x.csv
expect_refused 3 "qseg.dcm" "drawn on another scan"
must evaluate results --truth p/rtstruct.dcm
# images refer to nothing: said
must evaluate p/rtstruct.dcm --truth p/labels.nii.gz
grep -q "warning: p/rtstruct.dcm: .*nothing shows that the contours belong to it" "$scratch/stderr" || fail "no word that nothing could be checked"
# references that fit and contours that lie elsewhere
edit_rtstruct p/rtstruct.dcm far.dcm '
for c in contours:
    contour(c, [(x + 900.0, y, z) for x, y, z in points(c)])'
run convert --ct p/dicom far.dcm -o out
expect_refused 3 "far.dcm" "none of its" "contours lies in"
run evaluate far.dcm --truth p/labels.nii.gz --csv x.csv
expect_refused 3 "far.dcm" "none of its" "contours lies in"
mkdir tree && cp -r p/dicom tree/ct && cp far.dcm tree
run curate --kind tcia tree -o set --no-pictures
expect_status 3
grep -q "all its contours lie outside the CT" set/curation.json || fail "curate does not say why"
run convert --ct q/dicom q/labels.nii.gz -o x.dcm --append-to p/rtstruct.dcm
expect_refused 3 "p/rtstruct.dcm" "belongs to another CT"
