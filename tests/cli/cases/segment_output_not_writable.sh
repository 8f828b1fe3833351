# needs: io torch
need_model
make_patient p
echo keep > taken
run segment p/ct.nii.gz -o taken --model "$model"
expect_refused 5 "taken"
run segment p/ct.nii.gz -o /proc/anatomynet --model "$model"
expect_refused 5 "/proc/anatomynet"
