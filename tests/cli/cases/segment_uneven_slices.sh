# needs: io torch
need_model
make_patient p
edit_dicom 'd.ImagePositionPatient[2] += 1.5 if i >= 20 else 0'
run segment p/dicom -o out --model "$model"
expect_refused 3 "mm"
