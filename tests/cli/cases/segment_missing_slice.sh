# needs: io torch
# Never interpolated across in silence.
need_model
make_patient p
edit_dicom 'd = None if i == 12 else d'
run segment p/dicom -o out --model "$model"
expect_refused 3 "slice"
