# needs: io torch
need_model
make_nifti small.nii 40x40x2 int16 '40 * x - 1000'
run segment small.nii -o out --model "$model"
expect_refused 3 "small"
