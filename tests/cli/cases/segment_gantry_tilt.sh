# needs: io torch
# Resampled correctly or refused, and said either way.
need_model
make_patient p
edit_dicom 'd.ImagePositionPatient[1] += 1.6 * i'
run segment p/dicom -o out --model "$model"
if [[ $status -eq 0 ]]; then
  grep -qi "tilt\|shear" "$scratch/stderr" || fail "expected a word on the gantry tilt"
else
  expect_refused 3 "tilt"
fi
