# needs: io
# A small compressed CT that says it has 20000 x 20000 voxels is refused for what it is, in little memory.
python3 -c 'import pydicom' 2>/dev/null || skip "needs pydicom"
for tool in dcmcrle dcmcjpeg dcmcjpls; do command -v $tool > /dev/null || skip "needs $tool"; done
need_model
for tool in dcmcrle dcmcjpeg dcmcjpls; do
  rm -rf p
  make_patient p
  for file in p/dicom/*; do $tool "$file" "$file" || fail "$tool"; done
  edit_dicom 'd.Rows = d.Columns = 20000; d.PixelSpacing = [0.4, 0.4]'
  (
    [[ -n ${ANATOMYNET_SANITIZED:-} ]] || ulimit -v 900000
    run segment p/dicom -o out --model "$model"
    expect_refused 3 "20000 x 20000" "damaged"
  ) || exit 1
done
