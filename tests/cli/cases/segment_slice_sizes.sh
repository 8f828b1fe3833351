# needs: io torch
need_model
make_patient p
edit_dicom 'if i == 5: d.Rows = 24; d.PixelData = d.PixelData[:24 * d.Columns * 2]'
run segment p/dicom -o out --model "$model"
expect_refused 3 "48" "24"
