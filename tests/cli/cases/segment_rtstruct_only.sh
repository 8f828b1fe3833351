# needs: io torch
need_model
make_patient p
mkdir only
cp p/rtstruct.dcm only
run segment only -o out --model "$model"
expect_refused 3 "CT" "RTSTRUCT"
