# needs: io
run phantom --seed 1 --size 16x16x16 -o out --no-such
expect_refused 2 "--no-such" "anatomynet phantom --help"
