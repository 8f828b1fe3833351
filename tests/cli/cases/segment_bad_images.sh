# needs: io torch
need_model
make_nifti nan.nii 24x24x24 float32 'nan if (x, y, z) == (3, 4, 5) else -500 + 40 * x'
make_nifti infinite.nii 24x24x24 float32 'inf if (x, y, z) == (3, 4, 5) else -500 + 40 * x'
make_nifti fractions.nii 24x24x24 float32 'x / 24'
make_nifti constant.nii 24x24x24 int16 '7'
make_nifti unsigned.nii 24x24x24 float32 '1e6 * x'
make_nifti flat.nii 24x24 int16 '40 * x - 500'
make_nifti four.nii 24x24x24x2 int16 '40 * x - 500'
for file in nan infinite fractions constant unsigned flat four; do
  run segment $file.nii -o out --model "$model"
  expect_refused 3 "$file.nii"
done
