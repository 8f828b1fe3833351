# needs: io torch
need_model
mkdir empty
run segment empty -o out --model "$model"
expect_refused 3 "empty"
