# needs: io
# Contours that are there twice or three times, as they are or a little beside their slice, count once, in all commands.
must phantom --seed 9 --size 32x48x48 --spacing 6x6x6 -o p --dicom
edit_rtstruct p/rtstruct.dcm twice.dcm '
for roi in d.ROIContourSequence:
    for i, c in enumerate(list(roi.ContourSequence)):
        own = points(c)
        k = 7 * i % len(own)
        other = own[k:] + own[:k]
        if i % 2:
            other.reverse()
        if i % 3 == 0:
            other = [(x, y, z + (0.25 if i % 2 else -0.25)) for x, y, z in other]
        roi.ContourSequence.append(contour(copy.deepcopy(c), other))
        if i % 5 == 0:
            roi.ContourSequence.insert(0, copy.deepcopy(c))'
must convert --ct p/dicom p/rtstruct.dcm -o once
must convert --ct p/dicom twice.dcm -o twice
grep -q "warning: Brainstem: .*drawn twice on the same slice; each counted once" "$scratch/stderr" || fail "the repeats are not said"
for mask in once/*.nii.gz; do cmp "$mask" "twice/${mask#once/}" || fail "a repeat changes $mask"; done
diff <(cut -d, -f1,3,4 once/rois.csv) <(cut -d, -f1,3,4 twice/rois.csv) || fail "repeats are counted as contours"
must evaluate twice.dcm --truth p/labels.nii.gz --csv dice.csv
[[ $(grep -c ',1,\|,1.0' dice.csv) -ge 9 ]] || fail "evaluate: $(cat dice.csv)"
grep -q "drawn twice" "$scratch/stderr" || fail "evaluate does not say so"
for set in p/rtstruct twice; do
  rm -rf tree set && mkdir tree && cp -r p/dicom tree/ct && cp $set.dcm tree/rs.dcm
  must curate --kind tcia tree -o set --no-pictures
  gzip -dc set/labelsTr/*.nii.gz | cksum > "$(basename $set).sum"
done
cmp rtstruct.sum twice.sum || fail "curate learns from contours that erase each other"
grep -q "drawn twice" set/cases/*/case.json || fail "curate does not say so"
exit 0
