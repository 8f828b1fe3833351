# needs: io
for size in 16x16 16x16x16x16 0x16x16 -16x16x16 16.5x16x16 16x16xA "" 99999999999999999999x16x16; do
  run phantom --seed 1 "--size=$size" -o out
  expect_refused 2
done
