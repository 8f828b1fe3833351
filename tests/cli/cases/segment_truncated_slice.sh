# needs: io torch
need_model
make_patient p
truncate -s 3000 p/dicom/CT0016.dcm
run segment p/dicom -o out --model "$model"
expect_refused 3 "CT0016.dcm"
