# needs: io
for spacing in 1x1 0x1x1 nanx1x1 infx1x1 -1x1x1 1x1x1x1; do
  run phantom --seed 1 --size 16x16x16 "--spacing=$spacing" -o out
  expect_refused 2 spacing
done
