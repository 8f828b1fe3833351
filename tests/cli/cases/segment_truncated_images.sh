# needs: io torch
need_model
make_patient p
size=$(stat -c %s p/ct.nii.gz)
for keep in 100 $((size / 2)) $((size - 9)); do
  head -c "$keep" p/ct.nii.gz > short.nii.gz
  run segment short.nii.gz -o out --model "$model"
  expect_refused 3 "short.nii.gz"
done
