# needs: io
# Zeros behind the pixels are padding; anything else is left out with a word.
make_patient p
must convert --ct p/dicom p/rtstruct.dcm -o truth
edit_dicom 'd.PixelData += b"\0\0\0\0"'
must convert --ct p/dicom p/rtstruct.dcm -o zeros
grep -q warning "$scratch/stderr" && fail "zeros behind the pixels are no reason for a warning"
diff -r truth zeros >&2 || fail "zeros behind the pixels change the masks"
edit_dicom 'd.PixelData = d.PixelData[:-4] + b"\0\0\1\2"'
must convert --ct p/dicom p/rtstruct.dcm -o others
[[ $(grep -c 'warning: .*the rest was left out' "$scratch/stderr") -eq 1 ]] || fail "what was left out is not said once"
diff -r truth others >&2 || fail "bytes behind the pixels change the masks"
