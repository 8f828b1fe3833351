# needs: io torch
need_model
must phantom --seed 9 --size 128x256x256 -o p
run_interrupted segment p/ct.nii.gz -o out --model "$model"
expect_status 130
expect_nothing_written
