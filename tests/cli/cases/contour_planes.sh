# needs: io
# Contours that lie elsewhere than the image that they refer to are said, in every command that places contours.
must phantom --seed 9 --size 32x48x48 --spacing 6x6x6 -o p --dicom
edit_rtstruct p/rtstruct.dcm off.dcm '
images = {}
for c in contours:
    images[points(c)[0][2]] = c.ContourImageSequence[0].ReferencedSOPInstanceUID
heights = sorted(images)
for c in contours[:5]:
    at = heights.index(points(c)[0][2])
    c.ContourImageSequence[0].ReferencedSOPInstanceUID = images[heights[at + (3 if at < 3 else -3)]]'
said="off.dcm: 5 of .* contours lie up to 18 mm from the image that they refer to"
must convert --ct p/dicom off.dcm -o masks
grep -q "$said" "$scratch/stderr" || fail "convert does not say that references and points differ"
must evaluate off.dcm --truth p/labels.nii.gz --ct p/dicom
grep -q "$said" "$scratch/stderr" || fail "evaluate does not say that references and points differ"
mkdir tree && cp -r p/dicom tree/ct && cp off.dcm tree
run curate --kind tcia tree -o set --no-pictures
grep -q "5 of .* contours lie up to 18 mm" set/cases/*/case.json || fail "curate does not say that references and points differ"
# The points count.
must convert --ct p/dicom p/rtstruct.dcm -o unchanged
grep -q "refer to" "$scratch/stderr" && fail "a warning where nothing differs"
diff -r masks unchanged >&2 || fail "contours were taken where their references are"
