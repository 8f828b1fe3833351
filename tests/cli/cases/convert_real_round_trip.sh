# needs: io
# Real DICOM cases: RTSTRUCT to masks, masks to RTSTRUCT, and to the same masks again.
cases=$source_dir/../shared/data/dicom
[[ -d $cases ]] || skip "../shared/data/dicom is not there: real cases NOT CHECKED"
for folder in "$cases"/*/; do
  rtstruct=$(find "$folder" -maxdepth 1 -name 'rtss*.dcm')
  [[ -n $rtstruct ]] || continue
  must convert --ct "$folder" "$rtstruct" -o first
  must convert --ct "$folder" first -o back.dcm
  must convert --ct "$folder" back.dcm -o second
  # Organs come back under their standard names: compare what the masks hold.
  sums() { for mask in "$1"/*.nii.gz; do zcat "$mask" | md5sum; done | sort; }
  diff <(sums first) <(sums second) >&2 || fail "$folder: masks differ after the way through an RTSTRUCT"
  rm -r first second back.dcm
done
