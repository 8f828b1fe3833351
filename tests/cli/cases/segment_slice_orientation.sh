# needs: io torch
need_model
make_patient p
edit_dicom 'if i == 5: d.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]'
run segment p/dicom -o out --model "$model"
expect_refused 3 "orient"
