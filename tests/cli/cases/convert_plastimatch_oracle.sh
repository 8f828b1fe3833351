# needs: io
# Another program fills the same contours alike: on a phantom, and on the real DICOM cases where they are there.
command -v plastimatch >/dev/null || skip "needs plastimatch"
must phantom --seed 6 --size 48x80x80 -o p --dicom
pairs=(p/dicom p/rtstruct.dcm)
cases=$source_dir/../shared/data/dicom
for rtstruct in "$cases"/*/rtss*.dcm "$cases"/clinical/lung_*/DCM_RS_*.dcm; do
  if [[ -f $rtstruct ]]; then pairs+=("$(dirname "$rtstruct")" "$rtstruct"); fi
done
"$source_dir/scripts/compare-plastimatch" "$program" "${pairs[@]}" > table || fail "masks differ from plastimatch's: $(grep -E 'BELOW|rror' table)"
rows=$(grep -c ' 1.0000 \| 0.9[0-9]* ' table)
[[ $rows -ge 9 ]] || fail "compared $rows ROIs only"
cat table
[[ ${#pairs[@]} -gt 2 ]] || skip "phantom compared; ../shared/data/dicom is not there: real cases NOT CHECKED"
