# needs: io
echo keep > out
run phantom --seed 1 --size 16x16x16 -o out
expect_refused 5 "out"
[[ $(cat out) == keep ]] || fail "the file was touched"
