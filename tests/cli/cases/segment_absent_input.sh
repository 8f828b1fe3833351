# needs: io torch
need_model
run segment absent -o out --model "$model"
expect_refused 3 "absent"
